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

/** Returns `result`, or throws where it is negative. */
export function must(
  libc: { errno(): number },
  call: string,
  result: number,
): number {
  if (result < 0) throw new SystemError(call, libc.errno());
  return result;
}
