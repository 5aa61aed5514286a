import {
  O_ACCMODE,
  O_RDONLY,
  S_IFDIR,
  S_IFREG,
} from "../../../ffi/constants.ts";
import { NO_ID } from "../../../ffi/credentials.ts";
import { EBADF, EINVAL, EISDIR } from "../../../ffi/errno.ts";
import { UTIME_NOW, UTIME_OMIT } from "../../../ffi/passthrough_constants.ts";
import {
  type Done,
  type Errno,
  failed,
  failure,
  type Fd,
} from "../../../ffi/results.ts";
import {
  FATTR_ATIME,
  FATTR_ATIME_NOW,
  FATTR_FH,
  FATTR_GID,
  FATTR_KILL_SUIDGID,
  FATTR_MODE,
  FATTR_MTIME,
  FATTR_MTIME_NOW,
  FATTR_SIZE,
  FATTR_UID,
  SETATTR,
} from "../fuse/structs.ts";
import type { Context, Handler } from "../handler.ts";
import { FILE } from "../passthrough/open_files.ts";

const BILLION = 1_000_000_000;

/**
 * SETATTR: `struct fuse_setattr_in`. Mode, owner, size, times, in this order;
 * what was done before one of them fails stays done, as the kernel has no way
 * to do them at once. FATTR_CTIME can't be done and is ignored.
 */
export const setattr: Handler<"attr"> = (context) => {
  const { request, inodes, calls, node } = context;
  const valid = request.u32(SETATTR.valid);
  const fd = inodes.fd(node);
  if (valid & FATTR_MODE) {
    const result = calls.chmod(fd, request.u32(SETATTR.mode) & 0o7777);
    if (failed(result)) return result;
  }
  if (valid & (FATTR_UID | FATTR_GID)) {
    const result = setOwner(context, fd, valid);
    if (failed(result)) return result;
  }
  if (valid & FATTR_SIZE) {
    const result = setSize(context, fd, valid);
    if (failed(result)) return result;
  }
  if (valid & (FATTR_ATIME | FATTR_MTIME)) {
    const result = setTimes(context, fd, valid);
    if (failed(result)) return result;
  }
  return calls.stat(fd, 0);
};

/**
 * Leaves alone what belongs to somebody whom the guest does not have: who has
 * CAP_CHOWN in the user namespace of the file system may give such a file to an
 * id that is mapped (`chown_ok()` of fs/attr.c), so that the guest could take
 * it.
 */
function setOwner(
  { request, calls, options }: Context,
  fd: Fd,
  valid: number,
): Done | Errno {
  if (options.mappedIds) {
    const refused = calls.refusesChange(fd);
    if (failed(refused)) return refused;
  }
  return calls.chown(
    fd,
    valid & FATTR_UID ? request.u32(SETATTR.uid) : NO_ID,
    valid & FATTR_GID ? request.u32(SETATTR.gid) : NO_ID,
  );
}

/** By the handle where the file is open for writing: it may be so though its mode has changed. */
function setSize(context: Context, fd: Fd, valid: number): Done | Errno {
  const { request, inodes, openFiles, calls, caller, node } = context;
  const type = inodes.type(node);
  // Nothing else is ever opened, nor has a size.
  if (type !== S_IFREG) return failure(type === S_IFDIR ? EISDIR : EINVAL);
  const { wide } = request;
  const at = request.wideAt(SETATTR.sizeWide);
  let open: Fd | undefined;
  if (valid & FATTR_FH) {
    const handle = openFiles.find(
      request.u32(SETATTR.fh),
      request.u32(SETATTR.fh + 1),
      FILE,
    );
    if (handle === 0) return failure(EBADF);
    if ((openFiles.flags(handle) & O_ACCMODE) !== O_RDONLY) {
      open = openFiles.fd(handle);
    }
  }
  caller.clearSetId((valid & FATTR_KILL_SUIDGID) !== 0);
  const result = open === undefined
    ? calls.truncate(fd, wide, at)
    : calls.truncateOpen(open, wide, at);
  caller.keepSetId();
  return result;
}

function setTimes(
  { request, calls, times }: Context,
  fd: Fd,
  valid: number,
): Done | Errno {
  const { words } = times;
  words[0] = request.u32(SETATTR.atime);
  words[1] = request.u32(SETATTR.atime + 1);
  words[2] = nanoseconds(
    valid,
    FATTR_ATIME,
    FATTR_ATIME_NOW,
    request.u32(SETATTR.atimeNanoseconds),
  );
  words[4] = request.u32(SETATTR.mtime);
  words[5] = request.u32(SETATTR.mtime + 1);
  words[6] = nanoseconds(
    valid,
    FATTR_MTIME,
    FATTR_MTIME_NOW,
    request.u32(SETATTR.mtimeNanoseconds),
  );
  return calls.setTimes(fd, times.pointer);
}

/** The nanoseconds of one time, or what stands in their place; a billion, which the kernel refuses, where they are none. */
function nanoseconds(
  valid: number,
  set: number,
  now: number,
  given: number,
): number {
  if ((valid & set) === 0) return UTIME_OMIT;
  if (valid & now) return UTIME_NOW;
  return Math.min(given, BILLION);
}
