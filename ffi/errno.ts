/**
 * errno values and their names, from `asm-generic/errno.h`: the same on
 * x86_64 and aarch64.
 *
 * @module
 */

/** Name, and what it means to a person. */
const ERRNOS: Readonly<Record<number, readonly [string, string]>> = {
  1: ["EPERM", "operation not permitted"],
  2: ["ENOENT", "no such file or directory"],
  3: ["ESRCH", "no such process"],
  4: ["EINTR", "interrupted"],
  5: ["EIO", "input/output error"],
  6: ["ENXIO", "no such device or address"],
  7: ["E2BIG", "argument list too long"],
  8: ["ENOEXEC", "not a program"],
  9: ["EBADF", "not an open descriptor"],
  10: ["ECHILD", "no child process"],
  11: ["EAGAIN", "not available now"],
  12: ["ENOMEM", "out of memory"],
  13: ["EACCES", "permission denied"],
  14: ["EFAULT", "bad address"],
  15: ["ENOTBLK", "not a block device"],
  16: ["EBUSY", "in use"],
  17: ["EEXIST", "it exists already"],
  18: ["EXDEV", "on another file system"],
  19: ["ENODEV", "no such device"],
  20: ["ENOTDIR", "not a directory"],
  21: ["EISDIR", "it is a directory"],
  22: ["EINVAL", "invalid argument"],
  23: ["ENFILE", "too many open files on this machine"],
  24: ["EMFILE", "too many open files"],
  25: ["ENOTTY", "not possible for this kind of file"],
  26: ["ETXTBSY", "the program is running"],
  27: ["EFBIG", "file too large"],
  28: ["ENOSPC", "no space left"],
  29: ["ESPIPE", "not possible on a pipe or socket"],
  30: ["EROFS", "read-only file system"],
  31: ["EMLINK", "too many links"],
  32: ["EPIPE", "nobody reads"],
  33: ["EDOM", "out of range"],
  34: ["ERANGE", "result too large"],
  35: ["EDEADLK", "deadlock"],
  36: ["ENAMETOOLONG", "name too long"],
  37: ["ENOLCK", "no lock available"],
  38: ["ENOSYS", "not known to this kernel"],
  39: ["ENOTEMPTY", "directory not empty"],
  40: ["ELOOP", "too many symlinks"],
  61: ["ENODATA", "no data"],
  62: ["ETIME", "timer expired"],
  71: ["EPROTO", "protocol error"],
  74: ["EBADMSG", "damaged data"],
  75: ["EOVERFLOW", "value too large"],
  84: ["EILSEQ", "invalid characters"],
  88: ["ENOTSOCK", "not a socket"],
  90: ["EMSGSIZE", "message too long"],
  92: ["ENOPROTOOPT", "no such protocol option"],
  93: ["EPROTONOSUPPORT", "protocol not supported"],
  95: ["EOPNOTSUPP", "not supported"],
  98: ["EADDRINUSE", "address in use"],
  103: ["ECONNABORTED", "connection aborted"],
  104: ["ECONNRESET", "connection reset by the peer"],
  105: ["ENOBUFS", "no buffer space"],
  106: ["EISCONN", "already connected"],
  107: ["ENOTCONN", "not connected"],
  109: ["ETOOMANYREFS", "too many descriptors under way"],
  110: ["ETIMEDOUT", "timed out"],
  111: ["ECONNREFUSED", "nobody listens there"],
  116: ["ESTALE", "stale file handle"],
  117: ["EUCLEAN", "damaged file system"],
  121: ["EREMOTEIO", "input/output error of another machine"],
  122: ["EDQUOT", "disk quota exceeded"],
  125: ["ECANCELED", "cancelled"],
  126: ["ENOKEY", "no key for what is encrypted"],
};

export const EPERM = 1;
export const ENOENT = 2;
export const ESRCH = 3;
export const EINTR = 4;
export const EIO = 5;
export const ENXIO = 6;
export const EBADF = 9;
export const EAGAIN = 11;
export const EACCES = 13;
export const ENOMEM = 12;
export const EFAULT = 14;
export const EBUSY = 16;
export const EEXIST = 17;
export const ENODEV = 19;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENOTTY = 25;
export const ENOSPC = 28;
export const EPIPE = 32;
export const ERANGE = 34;
export const ENAMETOOLONG = 36;
export const ENOSYS = 38;
export const ELOOP = 40;
export const ENOTCONN = 107;
export const ENOTSOCK = 88;
export const EOPNOTSUPP = 95;
export const EADDRINUSE = 98;
export const ECONNABORTED = 103;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const ETOOMANYREFS = 109;

/** The name of a positive errno, `errno 999` for one that has none here. */
export function errnoName(errno: number): string {
  return ERRNOS[errno]?.[0] ?? `errno ${errno}`;
}

/** Whether it has a name here. */
export function isNamed(errno: number): boolean {
  return ERRNOS[errno] !== undefined;
}

/** A positive errno for people: `permission denied [EACCES]`. */
export function errnoText(errno: number): string {
  const [name, words] = ERRNOS[errno] ?? [];
  return name === undefined ? errnoName(errno) : `${words} [${name}]`;
}

/**
 * Whether a socket call's errno says that the connection is over.
 *
 * Others are not believed: the runtime may have made a failing call of its own
 * on this thread between ours and the reading of errno.
 */
export function isDisconnected(errno: number): boolean {
  switch (errno) {
    case ECONNRESET:
    case EPIPE:
    case ENOTCONN:
    case ENOTSOCK:
    case EBADF:
      return true;
    default:
      return false;
  }
}
