/**
 * Opens regular files and directories, and nothing else.
 *
 * A guest that names a FIFO, a device or a socket must neither hang the helper
 * (open(2) of a FIFO waits for its other end) nor be handed a way to the
 * host's devices, nor set one off: opening alone rewinds a tape.
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

/** O_DIRECTORY alone: with O_CREAT kernels before 6.3 make a file. */
const DIRECTORY_ONLY = O_DIRECTORY | O_CREAT;

const EXCLUSIVE = O_CREAT | O_EXCL;

/** Always set: no terminal becomes ours, no child inherits. */
const GUARDS = O_NOCTTY | O_CLOEXEC;

/** What files are opened with. */
type Opener = Pick<Context, "files" | "devicesBarred">;

/**
 * Opens the regular file or directory `path`. Returns a descriptor, failure(ENXIO) for
 * anything else, or the negative errno of what failed.
 *
 * Where the kernel bars devices the file is opened first and looked at then:
 * what else is special is a FIFO, which does not make us wait, and is closed
 * again. (Who waits for its other end on the host will find it opened and
 * closed.) Elsewhere it is looked at before, too, so that no device is opened
 * but one that the host has put there in between.
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
  // A FIFO waits for its other end, and a file for the holder of a lease to let go, fcntl(2) F_SETLEASE.
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

/** Whether open(2) sees to it: anything but a directory, or but a new file, is ENOTDIR or EEXIST and not opened. */
function opensOneKind(flags: number): boolean {
  return (flags & DIRECTORY_ONLY) === O_DIRECTORY ||
    (flags & EXCLUSIVE) === EXCLUSIVE;
}

/** What EACCES means: that a device is barred is no matter of rights. */
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
  // The guard is ours, QEMU gets what it asked for.
  return (flags & O_NONBLOCK) === 0
    ? files.setFlags(fd, flags & STATUS_FLAGS)
    : 0;
}

/** Whether the file that was looked at last is a regular file or a directory. */
function isPlain(files: FileCalls): boolean {
  const type = files.statBuffer.words[STATX.mode]! & S_IFMT;
  return type === S_IFREG || type === S_IFDIR;
}

/** A symlink is not special: open(2) will say ELOOP. */
function isSpecial(files: FileCalls): boolean {
  const type = files.statBuffer.words[STATX.mode]! & S_IFMT;
  return type !== S_IFREG && type !== S_IFDIR && type !== S_IFLNK;
}
