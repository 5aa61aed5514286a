/**
 * Files that are locked by one process and read by others.
 *
 * @module
 */
import {
  AT_FDCWD,
  F_SETLK,
  LOCK_EX_NB,
  O_CLOEXEC,
  O_CREAT,
  O_NOFOLLOW,
  O_RDONLY,
  O_RDWR,
} from "./constants.ts";
import { EACCES, EAGAIN } from "./errno.ts";
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import type { START_SYMBOLS } from "./symbols/start.ts";
import { SystemError, thrower } from "./system_error.ts";

/** lockf(3): take the lock, or fail where another process has it. */
const F_TLOCK = 2;
const F_RDLCK = 0;

/** What fails throws a SystemError, unless said otherwise. */
export type FileLockCalls = ReturnType<typeof fileLockCalls>;

export function fileLockCalls(
  libc: Libc<
    typeof DESCRIPTOR_SYMBOLS & typeof IO_SYMBOLS & typeof START_SYMBOLS
  >,
) {
  const c = libc.symbols;
  const must = thrower(libc);
  const open = (path: string, flags: number, mode = 0): number =>
    must("open", c.openat(AT_FDCWD, cString(path), flags | O_CLOEXEC, mode));
  const isTaken = (call: string, result: number): boolean => {
    if (result >= 0) return true;
    const errno = libc.errno();
    if (errno === EAGAIN || errno === EACCES) return false;
    throw new SystemError(call, errno);
  };
  return {
    /** Opens the file, to be read and written; makes it where there is none. ELOOP where the name is a symlink, which somebody else may have made. */
    openOrMake: (path: string, mode: number): number =>
      open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode),

    /** Another descriptor of the file behind `fd`, to be read only. */
    reopenToRead: (fd: number): number => open(`/proc/self/fd/${fd}`, O_RDONLY),

    /** Locks the whole file, lockf(3); false where another process has a lock. */
    lock: (fd: number): boolean => isTaken("lockf", c.lockf(fd, F_TLOCK, 0n)),

    /**
     * Locks the file by flock(2), of which locks of the other kind know nothing;
     * false where somebody else has such a lock. It goes when `fd` is closed.
     */
    lockOpen: (fd: number): boolean =>
      isTaken("flock", c.flock(fd, LOCK_EX_NB)),

    /** The same as {@linkcode lock} as a reader, fcntl(2), by a descriptor that can only be read from. */
    lockToRead(fd: number): boolean {
      // struct flock: i16 type, i16 whence, i64 start, i64 length, i32 pid
      const lock = new Uint8Array(32);
      new DataView(lock.buffer).setInt16(0, F_RDLCK, true);
      return isTaken("fcntl", c.fcntl_lock(fd, F_SETLK, lock));
    },

    /** Makes `text` all that is in the file. */
    overwrite(fd: number, text: string): void {
      const bytes = new TextEncoder().encode(text);
      must("ftruncate", c.ftruncate(fd, 0n));
      must("write", c.write(fd, bytes, BigInt(bytes.length)));
    },

    /** Gives up all locks of this process on the file, whatever descriptor they were taken by: fcntl(2). */
    close: (fd: number): void => {
      c.close(fd);
    },
  };
}
