/**
 * `--pid-file`.
 *
 * @module
 */
import { AT_FDCWD, O_CLOEXEC, O_CREAT, O_RDWR } from "./constants.ts";
import { EACCES, EAGAIN } from "./errno.ts";
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { SYMBOLS } from "./symbols.ts";
import { must, SystemError } from "./system_error.ts";

/** lockf(3): take the lock, or fail where another process has it. */
const F_TLOCK = 2;

/** Another process keeps the file locked. */
export class LockedError extends Error {
  override name = "LockedError";
}

/**
 * Writes `pid` to `path` and locks the file for as long as the process lives:
 * the descriptor stays open.
 *
 * @throws {LockedError}
 * @throws {SystemError}
 */
export function writePidFile(
  libc: Libc<typeof SYMBOLS>,
  path: string,
  pid: number,
): void {
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
}
