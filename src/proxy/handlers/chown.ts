import { O_CLOEXEC, O_NOFOLLOW, O_PATH } from "../../../ffi/constants.ts";
import { NO_ID } from "../../../ffi/credentials.ts";
import type { CString } from "../../../ffi/memory.ts";
import type { FileCalls } from "../../../ffi/files.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import {
  type Done,
  type Errno,
  failed,
  type Fd,
} from "../../../ffi/results.ts";

/** CHOWN `sdd` path, uid, gid; an id of 0xffffffff stays. Does not follow a final symlink. */
export const chown: Handler<"status"> = ({ request, files, mappedIds }) => {
  const path = request.string();
  const uid = request.u32();
  const gid = request.u32();
  if (request.overrun) return INCOMPLETE;
  return mappedIds
    ? chownMapped(files, path, uid, gid)
    : files.lchown(path, uid, gid);
};

/**
 * Refuses to change a file whose owner is not mapped. The kernel would permit it:
 * with CAP_CHOWN in the file system's user namespace such a file may be given to
 * a mapped id (`chown_ok()` of fs/attr.c), so the guest could take files that are
 * not its own. By a descriptor the file that is checked is the one that is changed.
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
 * The errno if the owner of the file is not mapped. The kernel permits nobody to
 * write to such a file, so one that faccessat2(2) says is writable is mapped.
 * For others a chown(2) that changes no id tells: it fails with EOVERFLOW. It is
 * not called for all files, as it clears the setuid bit, even if the change that
 * follows fails.
 */
function refusesChange(files: FileCalls, fd: Fd): Done | Errno {
  return files.fwritable(fd) < 0 ? files.fchown(fd, NO_ID, NO_ID) : 0;
}
