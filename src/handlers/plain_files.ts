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
  O_EXCL,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_NONBLOCK,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../ffi/constants.ts";
import { ENXIO } from "../../ffi/errno.ts";
import { type CString, type FileCalls, STATX } from "../../ffi/files.ts";

/** The status flags that fcntl(2) F_SETFL can change. */
const STATUS_FLAGS = O_APPEND | O_DIRECT | O_NOATIME | O_NONBLOCK;

const EXCLUSIVE = O_CREAT | O_EXCL;

/** Always set: no FIFO makes us wait, no terminal becomes ours, no child inherits. */
const GUARDS = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

/**
 * Opens the regular file or directory `path`. Returns a descriptor, -ENXIO for
 * anything else, or the negative errno of what failed.
 *
 * The file is looked at before, so that nothing special is ever opened, and
 * again after, in case another process of the host swapped it in between.
 */
export function openPlain(
  files: FileCalls,
  path: CString,
  flags: number,
  mode: number,
): number {
  // With both flags open(2) opens nothing that exists already.
  if ((flags & EXCLUSIVE) !== EXCLUSIVE) {
    const found = (flags & O_NOFOLLOW) === 0
      ? files.stat(path)
      : files.lstat(path);
    if (found === 0 && isSpecial(files)) return -ENXIO;
  }
  const fd = files.open(path, flags | GUARDS, mode);
  if (fd < 0) return fd;
  const result = verify(files, fd, flags);
  if (result < 0) {
    files.close(fd);
    return result;
  }
  return fd;
}

function verify(files: FileCalls, fd: number, flags: number): number {
  const after = files.fstat(fd);
  if (after < 0) return after;
  if (!isPlain(files)) return -ENXIO;
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
