/**
 * Failed system calls, outside of the hot path.
 *
 * @module
 */
import { errnoText } from "./errno.ts";

/** A system call failed: `message` is `chroot: operation not permitted [EPERM]`. */
export class SystemError extends Error {
  override name = "SystemError";

  constructor(readonly call: string, readonly errno: number) {
    super(`${call}: ${errnoText(errno)}`);
  }
}

/** Returns a function that throws where a result of libc's is negative, and returns it where it is not. */
export function thrower(
  libc: { errno(): number },
): (call: string, result: number) => number {
  return (call, result) => {
    if (result < 0) throw new SystemError(call, libc.errno());
    return result;
  };
}
