/**
 * What system calls return, told apart by type: each is a number, and none can
 * be passed where another is due.
 *
 * @module
 */
declare const meaning: unique symbol;
type Meaning<M> = number & { readonly [meaning]: M };

/** A negative errno. */
export type Errno = Meaning<"errno">;
/** An open descriptor. */
export type Fd = Meaning<"descriptor">;
/** A number of bytes. */
export type Size = Meaning<"size">;
/** Success, and nothing more to tell. */
export type Done = 0;

/** `errno` as a system call returns it. */
export function failure(errno: number): Errno {
  return -errno as Errno;
}

/** Whether `result` is an errno. */
export function failed(result: number): result is Errno {
  return result < 0;
}

/** Makes errnos of the failures of libc's functions, which return -1. */
export function checker(
  libc: { errno(): number },
): <T extends number>(result: number) => T | Errno {
  return <T extends number>(result: number) =>
    (result < 0 ? -libc.errno() : result) as T | Errno;
}
