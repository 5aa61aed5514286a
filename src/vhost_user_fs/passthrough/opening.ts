/**
 * Opens what the guest knows by a node number.
 *
 * @module
 */
import { O_TRUNC, S_IFDIR, S_IFLNK, S_IFREG } from "../../../ffi/constants.ts";
import { EBADF, EISDIR, ELOOP } from "../../../ffi/errno.ts";
import { EROFS } from "../../../ffi/passthrough_constants.ts";
import { type Errno, failed, failure } from "../../../ffi/results.ts";
import { OPEN_KILL_SUIDGID } from "../fuse/structs.ts";
import type { Context } from "../handler.ts";
import type { Slot } from "./inodes.ts";
import { readsOnly } from "./open_flags.ts";
import { FILE, type Handle } from "./open_files.ts";

/**
 * Opens a regular file: nothing else is ever opened so, as to open a device, a
 * FIFO or a socket has effects. `flags` are the guest's, `openFlags` those that
 * FUSE has besides.
 */
export function openRegular(
  context: Context,
  slot: Slot,
  flags: number,
  openFlags: number,
): Handle | Errno {
  const { calls, inodes, openFiles, caller } = context;
  const refused = refuse(context, slot, flags);
  if (refused < 0) return refused as Errno;
  const denied = context.budget.check(1);
  if (failed(denied)) return denied;
  const passed = flags & context.passedFlags;
  caller.clearSetId(
    (openFlags & OPEN_KILL_SUIDGID) !== 0 && (flags & O_TRUNC) !== 0,
  );
  const fd = calls.openFile(inodes.fd(slot), passed);
  caller.keepSetId();
  return failed(fd) ? fd : openFiles.add(fd, FILE, passed);
}

function refuse(
  { inodes, options }: Context,
  slot: Slot,
  flags: number,
): 0 | Errno {
  switch (inodes.type(slot)) {
    case S_IFREG:
      break;
    case S_IFDIR:
      return failure(EISDIR);
    case S_IFLNK:
      return failure(ELOOP);
    default:
      return failure(EBADF);
  }
  // To truncate is to write, whatever it is opened for.
  return options.readOnly && (!readsOnly(flags) || (flags & O_TRUNC) !== 0)
    ? failure(EROFS)
    : 0;
}
