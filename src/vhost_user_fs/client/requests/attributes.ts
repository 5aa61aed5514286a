/**
 * Requests on an inode: attributes, extended ones, the file system.
 *
 * @module
 */
import { Reader, Writer } from "../bytes.ts";
import {
  ATTR_REPLY_SIZE,
  type AttributesReply,
  decodeAttributes,
  decodeStatFs,
  ReplyError,
  type StatFs,
  STATFS_SIZE,
} from "../replies.ts";
import { plain, type Request } from "../request.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** FATTR_*: what SETATTR sets. */
export const FATTR = {
  MODE: 1,
  UID: 2,
  GID: 4,
  SIZE: 8,
  ATIME: 0x10,
  MTIME: 0x20,
  FH: 0x40,
  ATIME_NOW: 0x80,
  MTIME_NOW: 0x100,
  LOCKOWNER: 0x200,
  CTIME: 0x400,
  KILL_SUIDGID: 0x800,
} as const;

/** What is to be changed; times in nanoseconds. */
export interface Changes {
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly size?: number | bigint;
  readonly atime?: bigint | "now";
  readonly mtime?: bigint | "now";
  readonly fh?: bigint;
  readonly killSuidGid?: boolean;
  /** More of FATTR, or what is none of it. */
  readonly extra?: number;
}

const attributesReply = {
  room: { exactly: ATTR_REPLY_SIZE },
  decode: decodeAttributes,
} as const;

export function getattr(nodeid: number, fh?: bigint): Request<AttributesReply> {
  const args = new Writer().u32(fh === undefined ? 0 : 1, 0).u64(fh ?? 0);
  return { op: "GETATTR", nodeid, args: args.bytes, ...attributesReply };
}

export function setattr(
  nodeid: number,
  changes: Changes,
): Request<AttributesReply> {
  const { mode, uid, gid, size, atime, mtime, fh } = changes;
  const valid = (mode === undefined ? 0 : FATTR.MODE) |
    (uid === undefined ? 0 : FATTR.UID) |
    (gid === undefined ? 0 : FATTR.GID) |
    (size === undefined ? 0 : FATTR.SIZE) |
    (atime === undefined ? 0 : FATTR.ATIME) |
    (mtime === undefined ? 0 : FATTR.MTIME) |
    (atime === "now" ? FATTR.ATIME_NOW : 0) |
    (mtime === "now" ? FATTR.MTIME_NOW : 0) |
    (fh === undefined ? 0 : FATTR.FH) |
    (changes.killSuidGid ? FATTR.KILL_SUIDGID : 0) | (changes.extra ?? 0);
  const [atimeSeconds, atimeRest] = split(atime);
  const [mtimeSeconds, mtimeRest] = split(mtime);
  const args = new Writer()
    .u32(valid, 0).u64(fh ?? 0, size ?? 0, 0)
    .u64(atimeSeconds, mtimeSeconds, 0)
    .u32(atimeRest, mtimeRest, 0)
    .u32(mode ?? 0, 0, uid ?? 0, gid ?? 0, 0);
  return { op: "SETATTR", nodeid, args: args.bytes, ...attributesReply };
}

function split(time: bigint | "now" | undefined): [bigint, number] {
  if (time === undefined || time === "now") return [0n, 0];
  const rest = (time % 1_000_000_000n + 1_000_000_000n) % 1_000_000_000n;
  return [(time - rest) / 1_000_000_000n, Number(rest)];
}

export function readlink(nodeid: number, room = 4095): Request<string> {
  return {
    op: "READLINK",
    nodeid,
    args: new Uint8Array(0),
    room: { atMost: room },
    decode: (body) => {
      if (body.includes(0)) throw new ReplyError("A target has a NUL");
      return new TextDecoder().decode(body);
    },
  };
}

export function statfs(nodeid: number): Request<StatFs> {
  return {
    op: "STATFS",
    nodeid,
    args: new Uint8Array(0),
    room: { exactly: STATFS_SIZE },
    decode: decodeStatFs,
  };
}

export function access(nodeid: number, mask: number): Request<undefined> {
  return plain("ACCESS", nodeid, new Writer().u32(mask, 0).bytes);
}

/** `struct statx` as far as it is looked at. */
export interface Statx {
  readonly mask: number;
  readonly ino: bigint;
  readonly mode: number;
  readonly size: bigint;
  readonly btime: bigint;
}

export function statx(nodeid: number, mask = 0xfff): Request<Statx> {
  return {
    op: "STATX",
    nodeid,
    args: new Writer().u32(0, 0).u64(0).u32(0, mask).bytes,
    room: { exactly: 288 },
    decode: (body) => {
      const reader = new Reader(body);
      // struct fuse_statx is at 32: mask, blksize, attributes, nlink, uid, gid, mode, ino, size …
      return {
        mask: reader.u32(32),
        mode: reader.u16(60),
        ino: reader.u64(64),
        size: reader.u64(72),
        btime: reader.i64(112) * 1_000_000_000n + BigInt(reader.u32(120)),
      };
    },
  };
}

export const XATTR_CREATE = 1;
export const XATTR_REPLACE = 2;

export function setxattr(
  nodeid: number,
  name: string,
  value: Bytes,
  flags = 0,
): Request<undefined> {
  const args = new Writer().u32(value.length, flags).name(name).bytes;
  return { ...plain("SETXATTR", nodeid, args), data: value };
}

/** The same where SETXATTR_EXT holds; `more` are FUSE's own flags. */
export function setxattrExt(
  nodeid: number,
  name: string,
  value: Bytes,
  { flags = 0, more = 0 } = {},
): Request<undefined> {
  const args = new Writer().u32(value.length, flags, more, 0).name(name).bytes;
  return { ...plain("SETXATTR", nodeid, args), data: value };
}

/** The value; its length alone where `room` is 0. */
export function getxattr(
  nodeid: number,
  name: string,
  room = 65536,
): Request<Bytes | number> {
  const args = new Writer().u32(room, 0).name(name).bytes;
  return { op: "GETXATTR", nodeid, args, ...sized(room) };
}

/** The names, each with its NUL; their length alone where `room` is 0. */
export function listxattr(
  nodeid: number,
  room = 65536,
): Request<Bytes | number> {
  const args = new Writer().u32(room, 0).bytes;
  return { op: "LISTXATTR", nodeid, args, ...sized(room) };
}

export function removexattr(nodeid: number, name: string): Request<undefined> {
  return plain("REMOVEXATTR", nodeid, new Writer().name(name).bytes);
}

function sized(room: number): Pick<Request<Bytes | number>, "room" | "decode"> {
  return room > 0
    ? { room: { atMost: room }, decode: (body) => body }
    : { room: { exactly: 8 }, decode: (body) => new Reader(body).u32(0) };
}
