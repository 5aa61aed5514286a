import { O_CLOEXEC, O_NOFOLLOW, O_PATH } from "../../../ffi/constants.ts";
import { NO_ID } from "../../../ffi/credentials.ts";
import { ENOBUFS } from "../../../ffi/errno.ts";
import type { CString } from "../../../ffi/memory.ts";
import type { FileCalls } from "../../../ffi/files.ts";
import type { Handler } from "../handler.ts";
import {
  type Done,
  type Errno,
  failed,
  failure,
  type Fd,
} from "../../../ffi/results.ts";

/** CHOWN `sdd` path, uid, gid; 0xffffffff keeps. Does not follow a final symlink. */
export const chown: Handler<"status"> = ({ request, files, mappedIds }) => {
  const path = request.string();
  const uid = request.u32();
  const gid = request.u32();
  if (request.overrun) return failure(ENOBUFS);
  return mappedIds
    ? chownMapped(files, path, uid, gid)
    : files.lchown(path, uid, gid);
};

/**
 * Leaves alone what belongs to somebody whom the guest does not have. Whoever
 * has CAP_CHOWN in the user namespace of the file system may give such a file
 * to an id that is mapped (`chown_ok()` of fs/attr.c), so that the guest could
 * take it. The descriptor makes sure that what was checked is what is changed.
 */
function chownMapped(
  files: FileCalls,
  path: CString,
  uid: number,
  gid: number,
): Done | Errno {
  const fd = files.open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
  if (failed(fd)) return fd;
  const refused = refusesChange(files, fd);
  const result = refused < 0 ? refused : files.fchown(fd, uid, gid);
  files.close(fd);
  return result;
}

/**
 * The kernel writes to no file whose owner it can't express, and says so
 * without a trace. Where it may have other reasons not to, a chown(2) that
 * changes no id is refused for this one alone, with EOVERFLOW; but it clears
 * setuid bits, which one that fails must not.
 */
function refusesChange(files: FileCalls, fd: Fd): Done | Errno {
  return files.fwritable(fd) < 0 ? files.fchown(fd, NO_ID, NO_ID) : 0;
}
