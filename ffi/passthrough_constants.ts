/**
 * Numbers of the Linux ABI for requests on files that are known by descriptor.
 *
 * @module
 */
/** errno that ffi/errno.ts has not, asm-generic/errno-base.h and errno.h. */
export const E2BIG = 7;
export const ENFILE = 23;
export const EMFILE = 24;
export const EROFS = 30;
export const EPROTO = 71;
export const ESTALE = 116;

/** unlinkat(2). */
export const AT_REMOVEDIR = 0x200;
/** statx(2): how much of a network file system's own knowledge will do. */
export const AT_STATX_SYNC_TYPE = 0x6000;
export const STATX_BTIME = 0x800;

/** openat2(2). */
export const RESOLVE_BENEATH = 8;

/** utimensat(2), in the place of nanoseconds. */
export const UTIME_NOW = 0x3fffffff;
export const UTIME_OMIT = 0x3ffffffe;

/** pwritev2(2). */
export const RWF_APPEND = 0x10;

/** lseek(2). */
export const SEEK_SET = 0;
export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

/** fcntl(2). */
export const F_DUPFD_CLOEXEC = 1030;

/** Types of directory entries, `S_IFMT >> 12`. */
export const DT_UNKNOWN = 0;

/** xattr(7): the longest name, without its NUL, and the longest value or list. */
export const XATTR_NAME_MAX = 255;
export const XATTR_SIZE_MAX = 65536;
/** limits.h: the longest component of a path, without its NUL; the longest path, with it. */
export const NAME_MAX = 255;
export const PATH_MAX = 4096;
