/**
 * Numbers and layouts of FUSE, from linux/fuse.h (7.45). Offsets are indices
 * of 32-bit words.
 *
 * @module
 */

/** `struct fuse_in_header`. */
export const IN_HEADER = {
  size: 40,
  len: 0,
  opcode: 1,
  unique: 2,
  nodeid: 4,
  uid: 6,
  gid: 7,
  pid: 8,
  /** In units of 8 bytes, in the lower half. */
  extensions: 9,
} as const;

/** `struct fuse_out_header`. */
export const OUT_HEADER = { size: 16, len: 0, error: 1, unique: 2 } as const;

/** `struct fuse_entry_out`. */
export const ENTRY = {
  size: 128,
  words: 32,
  nodeid: 0,
  generation: 2,
  entryValid: 4,
  attrValid: 6,
  entryValidNanoseconds: 8,
  attrValidNanoseconds: 9,
  attr: 10,
} as const;

/** `struct fuse_attr_out`. */
export const ATTR_OUT = { size: 104, attrValid: 0, attr: 4 } as const;

/** `struct fuse_attr`. */
export const ATTR = {
  size: 88,
  ino: 0,
  fileSize: 2,
  blocks: 4,
  atime: 6,
  mtime: 8,
  ctime: 10,
  atimeNanoseconds: 12,
  mtimeNanoseconds: 13,
  ctimeNanoseconds: 14,
  mode: 15,
  nlink: 16,
  uid: 17,
  gid: 18,
  rdev: 19,
  blksize: 20,
  flags: 21,
} as const;
/** A directory that the guest makes a mount point. */
export const ATTR_SUBMOUNT = 1;

/** `struct fuse_open_out`. */
export const OPEN = { size: 16, words: 4, fh: 0, flags: 2 } as const;
export const FOPEN_DIRECT_IO = 1;
export const FOPEN_KEEP_CACHE = 2;
export const FOPEN_CACHE_DIR = 8;
export const FOPEN_NOFLUSH = 32;
export const FOPEN_PARALLEL_DIRECT_WRITES = 64;

/** `open_flags` of OPEN and CREATE: clear set-id bits when truncating. */
export const OPEN_KILL_SUIDGID = 1;
/** `write_flags` of WRITE. */
export const WRITE_CACHE = 1;
export const WRITE_KILL_SUIDGID = 4;
/** `getattr_flags` of GETATTR and STATX. */
export const GETATTR_FH = 1;
/** `fsync_flags`. */
export const FSYNC_FDATASYNC = 1;

/** `struct fuse_setattr_in`, after the header. */
export const SETATTR = {
  valid: 0,
  fh: 2,
  /** As an index of 64-bit words. */
  sizeWide: 2,
  atime: 8,
  mtime: 10,
  atimeNanoseconds: 14,
  mtimeNanoseconds: 15,
  mode: 17,
  uid: 19,
  gid: 20,
} as const;
export const FATTR_MODE = 0x1;
export const FATTR_UID = 0x2;
export const FATTR_GID = 0x4;
export const FATTR_SIZE = 0x8;
export const FATTR_ATIME = 0x10;
export const FATTR_MTIME = 0x20;
export const FATTR_FH = 0x40;
export const FATTR_ATIME_NOW = 0x80;
export const FATTR_MTIME_NOW = 0x100;
export const FATTR_KILL_SUIDGID = 0x800;

/** `setxattr_flags` of SETXATTR, where SETXATTR_EXT holds: the ACL's setter is not in the file's group. */
export const SETXATTR_ACL_KILL_SGID = 1;

/** `struct fuse_dirent`, in bytes; the name follows, and zeros to a multiple of 8. */
export const DIRENT_SIZE = 24;
/** `struct linux_dirent64`, in bytes: u64 ino, u64 off, u16 length, u8 type, name. */
export const LINUX_DIRENT = { length: 16, type: 18, name: 19 } as const;

/** An extension of a request: `struct fuse_ext_header`, here of groups: u32 count, u32 gids. */
export const EXT_GROUPS = 32;

/** `struct fuse_init_in` and `fuse_init_out`, after the header. */
export const INIT_IN = {
  major: 0,
  minor: 1,
  maxReadahead: 2,
  flags: 3,
  flags2: 4,
  /** Before 7.36 it ended here. */
  shortSize: 16,
} as const;
export const INIT_OUT = {
  size: 64,
  words: 16,
  major: 0,
  minor: 1,
  maxReadahead: 2,
  flags: 3,
  /** `max_background`, and in the upper half `congestion_threshold`. */
  background: 4,
  maxWrite: 5,
  timeGranularity: 6,
  /** `max_pages`, and in the upper half `map_alignment`. */
  maxPages: 7,
  flags2: 8,
} as const;

/** Flags of INIT: the first word. */
export const INIT = {
  ASYNC_READ: 1 << 0,
  ATOMIC_O_TRUNC: 1 << 3,
  BIG_WRITES: 1 << 5,
  DONT_MASK: 1 << 6,
  AUTO_INVAL_DATA: 1 << 12,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  ASYNC_DIO: 1 << 15,
  PARALLEL_DIROPS: 1 << 18,
  POSIX_ACL: 1 << 20,
  MAX_PAGES: 1 << 22,
  CACHE_SYMLINKS: 1 << 23,
  SUBMOUNTS: 1 << 27,
  HANDLE_KILLPRIV_V2: 1 << 28,
  SETXATTR_EXT: 1 << 29,
  INIT_EXT: 1 << 30,
} as const;
/** The second word: bits 32 and up. */
export const INIT2 = {
  CREATE_SUPP_GROUP: 1 << 2,
  DIRECT_IO_ALLOW_MMAP: 1 << 4,
  ALLOW_IDMAP: 1 << 8,
} as const;
