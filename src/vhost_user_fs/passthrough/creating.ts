/**
 * Puts together what CREATE and TMPFILE answer with.
 *
 * @module
 */
import { type Errno, failed, type Fd } from "../../../ffi/results.ts";
import type { Context, Created } from "../handler.ts";
import type { Entry } from "./lookup.ts";
import { FILE, type Handle } from "./open_files.ts";

/** The bits of a mode that a new file gets from it. */
export const MODE_BITS = 0o7777;

/** A node and a handle for the file that was just made as `fd`, which belongs to the handle. */
export function enterCreated(
  context: Context,
  fd: Fd,
  flags: number,
): Created | Errno {
  const entry = context.lookup.opened(context.node, fd);
  if (failed(entry)) {
    context.calls.close(fd);
    return entry;
  }
  return created(context, entry, context.openFiles.add(fd, FILE, flags));
}

/** What was made: `entry` and `handle` are of the same file. */
export function created(
  context: Context,
  entry: Entry,
  handle: Handle,
): Created {
  context.entry = entry;
  return handle as Created;
}
