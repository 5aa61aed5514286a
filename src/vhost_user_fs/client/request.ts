/**
 * A FUSE request before it is sent, and how its reply is read.
 *
 * @module
 */
type Bytes = Uint8Array<ArrayBuffer>;

export const ROOT = 1;

/** FUSE opcodes, linux/fuse.h. */
export const OPCODES = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  FSYNC: 20,
  SETXATTR: 21,
  GETXATTR: 22,
  LISTXATTR: 23,
  REMOVEXATTR: 24,
  FLUSH: 25,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  FSYNCDIR: 30,
  GETLK: 31,
  SETLK: 32,
  SETLKW: 33,
  ACCESS: 34,
  CREATE: 35,
  INTERRUPT: 36,
  BMAP: 37,
  DESTROY: 38,
  IOCTL: 39,
  POLL: 40,
  NOTIFY_REPLY: 41,
  BATCH_FORGET: 42,
  FALLOCATE: 43,
  READDIRPLUS: 44,
  RENAME2: 45,
  LSEEK: 46,
  COPY_FILE_RANGE: 47,
  SETUPMAPPING: 48,
  REMOVEMAPPING: 49,
  SYNCFS: 50,
  TMPFILE: 51,
  STATX: 52,
  COPY_FILE_RANGE_64: 53,
} as const;

export type Opcode = keyof typeof OPCODES;

/** A request, of which a success has a `T`. */
export interface Request<T> {
  readonly op: Opcode | number;
  readonly nodeid: number | bigint;
  /** Everything behind the header but data. */
  readonly args: Bytes;
  /** What WRITE and SETXATTR carry. */
  readonly data?: Bytes;
  /** In place of the right one. */
  readonly length?: number;
  /** Group that is sent in an extension (FUSE_EXT_GROUPS). */
  readonly group?: number;
  /** The reply's size: exactly so many bytes, or at most. Nothing comes back for FORGET. */
  readonly room:
    | { readonly exactly: number }
    | { readonly atMost: number }
    | "none";
  decode(body: Bytes): T;
}

/** An errno, or a value. */
export interface Answer<T> {
  readonly errno: number;
  readonly value?: T;
}

export const nothing = { exactly: 0 } as const;
export const done = (): undefined => undefined;

/** A request that is answered by a header alone. */
export function plain(
  op: Opcode | number,
  nodeid: number | bigint,
  args: Bytes = new Uint8Array(0),
): Request<undefined> {
  return { op, nodeid, args, room: nothing, decode: done };
}
