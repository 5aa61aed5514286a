/**
 * What READDIR and READDIRPLUS answer with.
 *
 * @module
 */
import { S_IFMT } from "../../../ffi/constants.ts";
import { EBADF, EINVAL } from "../../../ffi/errno.ts";
import { STATX } from "../../../ffi/files.ts";
import {
  type Errno,
  failed,
  failure,
  type Size,
} from "../../../ffi/results.ts";
import { putEntry } from "../fuse/attributes.ts";
import { ATTR, ENTRY } from "../fuse/structs.ts";
import type { Context } from "../handler.ts";
import { DIRECTORY } from "./open_files.ts";

/** `fuse_read_in`, in words: u64 fh, u64 offset, u32 size. */
const FH = 0, OFFSET_WIDE = 1, SIZE = 4;

/** As many entries as fit, each with its node if `plus`. */
export function readEntries(context: Context, plus: boolean): Size | Errno {
  const { request, reply, openFiles, directories } = context;
  const handle = openFiles.find(
    request.u32(FH),
    request.u32(FH + 1),
    DIRECTORY,
  );
  if (handle === 0) return failure(EBADF);
  const sought = directories.seek(handle, request, OFFSET_WIDE);
  if (failed(sought)) return sought;
  const room = Math.min(request.u32(SIZE), reply.room);
  const before = plus ? ENTRY.size : 0;
  let size = 0;
  for (; directories.more; directories.advance()) {
    const next = size + before + directories.size;
    // Known before it is looked up: no reference has to be taken back.
    if (next > room) return size > 0 ? size as Size : failure(EINVAL);
    const type = plus ? putNode(context, size / 4) : directories.type;
    directories.put(reply, size + before, type);
    size = next;
  }
  return size as Size;
}

/**
 * Puts an entry's node at word `at` of the body, and returns the entry's type.
 * Where it can't be had the node is 0: the guest lists the name nevertheless,
 * and asks for it when it is used.
 */
function putNode(context: Context, at: number): number {
  const { directories, lookup, inodes, reply, calls, seconds } = context;
  const name = directories.isDots ? null : directories.name();
  const entry = name === null ? 0 : lookup.find(context.node, name);
  if (entry <= 0) {
    const { type } = directories;
    reply.clear(at, ENTRY.words);
    directories.putInode(reply, at + ENTRY.attr + ATTR.ino);
    reply.word(at + ENTRY.attr + ATTR.mode, type << 12);
    return type;
  }
  const { words } = calls.statBuffer;
  const slot = entry as Exclude<typeof entry, 0 | Errno>;
  putEntry(
    reply,
    at,
    slot,
    inodes.generation(slot),
    words,
    lookup.flags,
    seconds,
  );
  // Not all file systems say of what type an entry is.
  return (words[STATX.mode]! & S_IFMT) >> 12;
}
