/**
 * `--pid-file`.
 *
 * @module
 */
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_RDONLY, O_RDWR } from "./constants.ts";
import { EACCES, EAGAIN } from "./errno.ts";
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import type { START_SYMBOLS } from "./symbols/start.ts";
import { must, SystemError } from "./system_error.ts";

/** lockf(3): take the lock, or fail where another process has it. */
const F_TLOCK = 2;
/** fcntl(2). */
const F_SETLK = 6;
const F_RDLCK = 0;

/** Another process keeps the file locked. */
export class LockedError extends Error {
  override name = "LockedError";
}

/**
 * Writes `pid` to `path` and locks the file for as long as the process lives.
 * Returns the descriptor that holds the lock; it can only be read from.
 *
 * @throws {LockedError}
 * @throws {SystemError}
 */
export function writePidFile(
  libc: Libc<
    typeof DESCRIPTOR_SYMBOLS & typeof IO_SYMBOLS & typeof START_SYMBOLS
  >,
  path: string,
  pid: number,
): number {
  const c = libc.symbols;
  const fd = must(
    libc,
    "open",
    c.openat(AT_FDCWD, cString(path), O_RDWR | O_CREAT | O_CLOEXEC, 0o644),
  );
  if (c.lockf(fd, F_TLOCK, 0n) < 0) {
    const errno = libc.errno();
    c.close(fd);
    if (errno === EAGAIN || errno === EACCES) throw new LockedError(path);
    throw new SystemError("lockf", errno);
  }
  const text = new TextEncoder().encode(`${pid}\n`);
  must(libc, "ftruncate", c.ftruncate(fd, 0n));
  must(libc, "write", c.write(fd, text, BigInt(text.length)));
  // Whoever has the program run code shall not make the file tell another process.
  const held = must(
    libc,
    "open",
    c.openat(AT_FDCWD, cString(`/proc/self/fd/${fd}`), O_RDONLY | O_CLOEXEC, 0),
  );
  // To close any descriptor of a file is to give up its locks, fcntl(2).
  c.close(fd);
  if (c.fcntl_lock(held, F_SETLK, readLock()) < 0) {
    c.close(held);
    throw new LockedError(path);
  }
  return held;
}

/** `struct flock` of 64-bit Linux for the whole file: i16 type, i16 whence, i64 start, i64 length, i32 pid. */
function readLock(): Uint8Array<ArrayBuffer> {
  const lock = new Uint8Array(32);
  new DataView(lock.buffer).setInt16(0, F_RDLCK, true);
  return lock;
}
