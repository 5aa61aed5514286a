/**
 * Opens regular files and directories, and no other files.
 *
 * A guest must not block the helper by a FIFO, whose open(2) waits for the other
 * end, and must not get a device of the host, or even have it opened: that alone
 * rewinds a tape.
 *
 * @module
 */
import {
  O_APPEND,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../../ffi/constants.ts";
import { EACCES, ENXIO } from "../../../ffi/errno.ts";
import type { CString } from "../../../ffi/memory.ts";
import { type FileCalls, STATX } from "../../../ffi/files.ts";
import type { Context } from "../handler.ts";
import {
  type Done,
  type Errno,
  failed,
  failure,
  type Fd,
} from "../../../ffi/results.ts";

/** The status flags that fcntl(2) F_SETFL can change. */
const STATUS_FLAGS = O_APPEND | O_DIRECT | O_NOATIME | O_NONBLOCK;

/** O_DIRECTORY without O_CREAT: with both, kernels before 6.3 make a file. */
const DIRECTORY_ONLY = O_DIRECTORY | O_CREAT;

const EXCLUSIVE = O_CREAT | O_EXCL;

/** Always set: a terminal does not become the controlling one, and children inherit nothing. */
const GUARDS = O_NOCTTY | O_CLOEXEC;

type Opener = Pick<Context, "files" | "devicesBarred">;

/**
 * Opens the regular file or directory `path`. Returns a descriptor, -ENXIO for
 * another type of file, or another negative errno.
 *
 * If the export is mounted nodev, the file is opened and then examined: a FIFO,
 * which does not block with O_NONBLOCK, is closed again. (Who waits for its other
 * end on the host sees it opened and closed.) Else it is also examined before,
 * so that a device is opened only if the host puts it there between the calls.
 */
export function openPlain(
  opener: Opener,
  path: CString,
  flags: number,
  mode: number,
): Fd | Errno {
  const { files, devicesBarred } = opener;
  if (opensOneKind(flags)) return files.open(path, flags | GUARDS, mode);
  if (!devicesBarred && isSpecialThere(files, path, flags)) {
    return failure(ENXIO);
  }
  // Without O_NONBLOCK a FIFO would block, and a file with a lease, fcntl(2) F_SETLEASE.
  const fd = files.open(path, flags | GUARDS | O_NONBLOCK, mode);
  if (failed(fd)) {
    return fd === -EACCES ? refusal(files, path, flags) : fd;
  }
  const result = verify(files, fd, flags);
  if (failed(result)) {
    files.close(fd);
    return result;
  }
  return fd;
}

/** Whether these flags make open(2) itself open only a directory (else ENOTDIR) or a new file (else EEXIST). */
function opensOneKind(flags: number): boolean {
  return (flags & DIRECTORY_ONLY) === O_DIRECTORY ||
    (flags & EXCLUSIVE) === EXCLUSIVE;
}

/** The errno for EACCES: ENXIO if the kernel refused a device because of nodev. */
function refusal(files: FileCalls, path: CString, flags: number): Errno {
  return isSpecialThere(files, path, flags) ? failure(ENXIO) : failure(EACCES);
}

function isSpecialThere(
  files: FileCalls,
  path: CString,
  flags: number,
): boolean {
  const found = (flags & O_NOFOLLOW) === 0
    ? files.stat(path)
    : files.lstat(path);
  return found === 0 && isSpecial(files);
}

function verify(files: FileCalls, fd: Fd, flags: number): Done | Errno {
  const after = files.fstat(fd);
  if (failed(after)) return after;
  if (!isPlain(files)) return failure(ENXIO);
  // QEMU gets the descriptor with the flags that it asked for.
  return (flags & O_NONBLOCK) === 0
    ? files.setFlags(fd, flags & STATUS_FLAGS)
    : 0;
}

/** Whether the file that was examined last is a regular file or a directory. */
function isPlain(files: FileCalls): boolean {
  const type = files.statBuffer.words[STATX.mode]! & S_IFMT;
  return type === S_IFREG || type === S_IFDIR;
}

/** Symlinks are not special: open(2) says ELOOP. */
function isSpecial(files: FileCalls): boolean {
  const type = files.statBuffer.words[STATX.mode]! & S_IFMT;
  return type !== S_IFREG && type !== S_IFDIR && type !== S_IFLNK;
}
