/**
 * Makes a reply's body out of what a handler has returned.
 *
 * @module
 */
import type { Context } from "./handler.ts";
import type { Slot } from "./passthrough/inodes.ts";
import {
  directoryOpenFlags,
  fileOpenFlags,
  READ_ONLY_OPEN_FLAGS,
  readsOnly,
} from "./passthrough/open_flags.ts";
import { DIRECTORY, type Handle } from "./passthrough/open_files.ts";
import { putAttrOut, putEntry } from "./fuse/attributes.ts";
import type { ReplyForm } from "./fuse/opcodes.ts";
import { ATTR_OUT, ENTRY, OPEN } from "./fuse/structs.ts";

/** Puts the body of a success in `form`. Returns its size. */
export function answer(
  form: ReplyForm,
  context: Context,
  result: number,
): number {
  switch (form) {
    case "entry":
      putNode(context, result as Slot);
      return ENTRY.size;
    case "attr":
      putAttrOut(
        context.reply,
        context.calls.statBuffer.words,
        context.seconds,
      );
      return ATTR_OUT.size;
    case "open":
      putOpen(context, 0, result as Handle);
      return OPEN.size;
    case "create":
      putNode(context, context.entry);
      putOpen(context, ENTRY.words, result as Handle);
      return ENTRY.size + OPEN.size;
    case "bytes":
      return result;
    case "status":
    case "data":
    case "none":
      return 0;
  }
}

function putNode(context: Context, slot: Slot): void {
  putEntry(
    context.reply,
    0,
    slot,
    context.inodes.generation(slot),
    context.calls.statBuffer.words,
    context.lookup.flags,
    context.seconds,
  );
}

/** Puts `struct fuse_open_out` at word `at` of the body. */
function putOpen(
  { reply, openFiles, options }: Context,
  at: number,
  handle: Handle,
): void {
  reply.clear(at, OPEN.words);
  reply.word(at + OPEN.fh, handle);
  reply.word(at + OPEN.fh + 1, openFiles.generation(handle));
  const flags = openFiles.kind(handle) === DIRECTORY
    ? directoryOpenFlags(options.cache)
    : fileOpenFlags(options.cache) |
      (readsOnly(openFiles.flags(handle)) ? READ_ONLY_OPEN_FLAGS : 0);
  reply.word(at + OPEN.flags, flags);
}
