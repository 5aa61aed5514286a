/**
 * Reaches files whose paths are too long for the kernel, by changing the
 * working directory on the way. That is the main thread's own, see
 * `partFromThreads` of `mounts.ts`.
 *
 * @module
 */
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  S_IFLNK,
  S_IFMT,
} from "./constants.ts";
import { SYS } from "./syscall_numbers.ts";
import { ENAMETOOLONG, ENOSYS, EPERM } from "./errno.ts";
import { type FileCalls, STATX } from "./files.ts";
import type { Libc } from "./libc.ts";
import { allocate, allocateString, cString } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import type { MOUNT_SYMBOLS } from "./symbols/mounts.ts";
import type { WALKING_SYMBOLS } from "./symbols/walking.ts";
import {
  checker,
  type Done,
  type Errno,
  failed,
  failure,
  type Fd,
} from "./results.ts";

/** The longest string that the kernel takes for a path, with its NUL. */
export const PATH_MAX = 4096;

const HERE = cString(".");

/** `struct open_how`: u64 flags, mode, resolve. */
const HOW_SIZE = 24n;

/** Paths are bytes without a NUL; results are negative errnos, or 0. */
export type WalkCalls = ReturnType<typeof walkCalls>;

/** @param root a descriptor of the root directory, which is the working directory at first */
export function walkCalls(
  libc: Libc<
    & typeof DESCRIPTOR_SYMBOLS
    & typeof IO_SYMBOLS
    & typeof MOUNT_SYMBOLS
    & typeof WALKING_SYMBOLS
  >,
  files: FileCalls,
  root: number,
) {
  const c = libc.symbols;
  const name = allocateString(libc, PATH_MAX);
  const text = allocate(libc, PATH_MAX);
  const how = new BigUint64Array(new ArrayBuffer(Number(HOW_SIZE)));
  how[0] = BigInt(O_PATH | O_DIRECTORY | O_CLOEXEC);
  how[2] = BigInt(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  /** Whether the working directory is another than the root directory. */
  let outsideRoot = false;
  const check = checker(libc);

  function put(path: Uint8Array): void {
    name.bytes.set(path);
    name.bytes[path.length] = 0;
  }

  const openat2 = (path: Uint8Array): Fd | Errno =>
    check<Fd>(c.openat2(
      SYS.openat2,
      AT_FDCWD,
      path as Uint8Array<ArrayBuffer>,
      how,
      HOW_SIZE,
    ));

  /** Whether a seccomp filter around the helper forbids openat2(2), as old container runtimes do. */
  function forbidden(): boolean {
    const fd = openat2(HERE);
    if (!failed(fd)) c.close(fd);
    return fd === -EPERM;
  }

  return {
    /**
     * Makes the directory `path` the working directory. -ELOOP where a symlink
     * is on the way, -ENAMETOOLONG where the kernel has no openat2(2) to walk
     * without following any (before Linux 5.6, or not allowed).
     */
    enter(path: Uint8Array): Done | Errno {
      put(path);
      const fd = openat2(name.bytes);
      if (fd === -ENOSYS || fd === -EPERM && forbidden()) {
        return failure(ENAMETOOLONG);
      }
      if (failed(fd)) return fd;
      const result = check<Done>(c.fchdir(fd));
      c.close(fd);
      if (result === 0) outsideRoot = true;
      return result;
    },

    /** Whether the working directory is another than the root directory. */
    get isOutsideRoot(): boolean {
      return outsideRoot;
    },

    /**
     * Makes the root directory the working directory, if it is not. The kernel
     * asks for the right to search it, also by a descriptor: it is refused
     * where that right is gone, or where a FUSE file system says so.
     */
    enterRoot(): Done | Errno {
      if (!outsideRoot) return 0;
      const result = check<Done>(c.fchdir(root));
      if (result === 0) outsideRoot = false;
      return result;
    },

    /** A descriptor of the working directory, to be closed. */
    hold: (): Fd | Errno =>
      check(c.openat(AT_FDCWD, HERE, O_PATH | O_DIRECTORY | O_CLOEXEC, 0)),

    close: (fd: Fd): void => {
      c.close(fd);
    },

    /** rename(2) from a name in `directory` to one in the working directory. */
    rename: (directory: Fd, from: Uint8Array, to: Uint8Array): Done | Errno =>
      check(c.renameat(directory, ended(from), AT_FDCWD, ended(to))),

    /** link(2), the same. */
    link: (directory: Fd, from: Uint8Array, to: Uint8Array): Done | Errno =>
      check(c.linkat(directory, ended(from), AT_FDCWD, ended(to), 0)),

    /** What the symlink `path` says, 0 where `path` is no symlink. */
    readLink(path: Uint8Array): Uint8Array | Done | Errno {
      put(path);
      const found = files.lstat(name.pointer);
      if (failed(found)) return found;
      if ((files.statBuffer.words[STATX.mode]! & S_IFMT) !== S_IFLNK) return 0;
      const length = files.readlink(
        name.pointer,
        text.pointer,
        BigInt(PATH_MAX),
      );
      return failed(length) ? length : text.bytes.slice(0, length);
    },
  };
}

/** `path` with a NUL. */
function ended(path: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(path.length + 1);
  bytes.set(path);
  return bytes;
}
