/**
 * Bodies of FUSE replies, held strictly against what linux/fuse.h says of them.
 *
 * @module
 */
import { S_IFMT } from "../../../ffi/constants.ts";
import { Reader } from "./bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A reply that no server may give. */
export class ReplyError extends Error {
  override name = "ReplyError";
}

/** `struct fuse_attr`, times in nanoseconds. */
export interface Attributes {
  readonly ino: bigint;
  readonly size: bigint;
  readonly blocks: bigint;
  readonly atime: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly blksize: number;
  readonly flags: number;
}

/** `struct fuse_attr_out`; how long it holds in nanoseconds. */
export interface AttributesReply {
  readonly valid: bigint;
  readonly attributes: Attributes;
}

/** `struct fuse_entry_out`. */
export interface Entry {
  /** 0 for a name that is known not to be there. */
  readonly nodeid: number;
  readonly generation: bigint;
  readonly entryValid: bigint;
  readonly attrValid: bigint;
  readonly attributes: Attributes;
}

/** `struct fuse_open_out`. */
export interface Opened {
  readonly fh: bigint;
  readonly flags: number;
}

/** `struct fuse_dirent`. */
export interface DirectoryEntry {
  readonly ino: bigint;
  readonly offset: bigint;
  readonly type: number;
  readonly name: string;
}

/** `struct fuse_direntplus`. */
export interface DirectoryEntryPlus extends DirectoryEntry {
  readonly entry: Entry;
}

/** `struct fuse_kstatfs`. */
export interface StatFs {
  readonly blocks: bigint;
  readonly bfree: bigint;
  readonly bavail: bigint;
  readonly files: bigint;
  readonly ffree: bigint;
  readonly bsize: number;
  readonly namelen: number;
  readonly frsize: number;
}

/** `struct fuse_init_out`. */
export interface InitReply {
  readonly major: number;
  readonly minor: number;
  readonly maxReadahead: number;
  readonly flags: bigint;
  readonly maxBackground: number;
  readonly congestionThreshold: number;
  readonly maxWrite: number;
  readonly timeGran: number;
  readonly maxPages: number;
}

export const ATTR_SIZE = 88;
export const ENTRY_SIZE = 128;
export const ATTR_REPLY_SIZE = 104;
export const OPEN_SIZE = 16;
export const STATFS_SIZE = 80;
export const INIT_SIZE = 64;

const TYPES = [1, 2, 4, 6, 8, 10, 12].map((type) => type << 12);
const FUSE_ATTR_FLAGS = 3;

function attributes(reader: Reader, at: number): Attributes {
  const time = (seconds: number, nanoseconds: number) => {
    const part = reader.u32(at + nanoseconds);
    if (part >= 1e9) throw new ReplyError(`A second has ${part} nanoseconds`);
    return reader.i64(at + seconds) * 1_000_000_000n + BigInt(part);
  };
  const found = {
    ino: reader.u64(at),
    size: reader.u64(at + 8),
    blocks: reader.u64(at + 16),
    atime: time(24, 48),
    mtime: time(32, 52),
    ctime: time(40, 56),
    mode: reader.u32(at + 60),
    nlink: reader.u32(at + 64),
    uid: reader.u32(at + 68),
    gid: reader.u32(at + 72),
    rdev: reader.u32(at + 76),
    blksize: reader.u32(at + 80),
    flags: reader.u32(at + 84),
  };
  if (!TYPES.includes(found.mode & S_IFMT) || found.mode > 0xffff) {
    throw new ReplyError(`No file has the mode ${found.mode.toString(8)}`);
  }
  if (found.flags & ~FUSE_ATTR_FLAGS) {
    throw new ReplyError(`Attributes have flags ${found.flags}`);
  }
  return found;
}

function valid(reader: Reader, seconds: number, nanoseconds: number): bigint {
  const part = reader.u32(nanoseconds);
  if (part >= 1e9) throw new ReplyError(`A second has ${part} nanoseconds`);
  return reader.u64(seconds) * 1_000_000_000n + BigInt(part);
}

export function decodeAttributes(body: Bytes): AttributesReply {
  const reader = new Reader(body);
  return { valid: valid(reader, 0, 8), attributes: attributes(reader, 16) };
}

export function decodeEntry(body: Bytes): Entry {
  const reader = new Reader(body);
  const nodeid = reader.size(0);
  if (nodeid === 1) throw new ReplyError("An entry is the root");
  return {
    nodeid,
    generation: reader.u64(8),
    entryValid: valid(reader, 16, 32),
    attrValid: valid(reader, 24, 36),
    attributes: attributes(reader, 40),
  };
}

export function decodeOpened(body: Bytes): Opened {
  const reader = new Reader(body);
  if (reader.u32(12) !== 0) throw new ReplyError("A backing file is named");
  return { fh: reader.u64(0), flags: reader.u32(8) };
}

/** The answer to CREATE and TMPFILE. */
export function decodeCreated(body: Bytes): Entry & { opened: Opened } {
  return {
    ...decodeEntry(body.slice(0, ENTRY_SIZE)),
    opened: decodeOpened(body.slice(ENTRY_SIZE)),
  };
}

export function decodeStatFs(body: Bytes): StatFs {
  const reader = new Reader(body);
  if (body.subarray(52).some((byte) => byte !== 0)) {
    throw new ReplyError("There is something in STATFS's spare words");
  }
  return {
    blocks: reader.u64(0),
    bfree: reader.u64(8),
    bavail: reader.u64(16),
    files: reader.u64(24),
    ffree: reader.u64(32),
    bsize: reader.u32(40),
    namelen: reader.u32(44),
    frsize: reader.u32(48),
  };
}

export function decodeInit(body: Bytes): InitReply {
  const reader = new Reader(body);
  return {
    major: reader.u32(0),
    minor: reader.u32(4),
    maxReadahead: reader.u32(8),
    flags: BigInt(reader.u32(12)) | BigInt(reader.u32(32)) << 32n,
    maxBackground: reader.u16(16),
    congestionThreshold: reader.u16(18),
    maxWrite: reader.u32(20),
    timeGran: reader.u32(24),
    maxPages: reader.u16(28),
  };
}

/** What READDIR returns: whole entries, padded with zeros. */
export function decodeDirectory(body: Bytes): DirectoryEntry[] {
  const found: DirectoryEntry[] = [];
  const reader = new Reader(body);
  for (let at = 0; at < body.length;) {
    const { entry, end } = directoryEntry(reader, at);
    found.push(entry);
    at = end;
  }
  return found;
}

/** What READDIRPLUS returns. */
export function decodeDirectoryPlus(body: Bytes): DirectoryEntryPlus[] {
  const found: DirectoryEntryPlus[] = [];
  const reader = new Reader(body);
  for (let at = 0; at < body.length;) {
    if (body.length < at + ENTRY_SIZE) throw new ReplyError("An entry is cut");
    const { entry, end } = directoryEntry(reader, at + ENTRY_SIZE);
    const dots = entry.name === "." || entry.name === "..";
    const bytes = body.slice(at, at + ENTRY_SIZE);
    const nodeid = new Reader(bytes).u64(0);
    if (dots && nodeid !== 0n) {
      throw new ReplyError(`${entry.name} has the node ${nodeid}`);
    }
    if (nodeid === 0n) {
      // Also of a name whose node can't be had. Nothing but ino and the mode's type counts here.
      found.push({ ...entry, entry: NO_ENTRY });
    } else {
      const plus = decodeEntry(bytes);
      if ((plus.attributes.mode & S_IFMT) >> 12 !== entry.type) {
        throw new ReplyError(`${entry.name} is of two types`);
      }
      found.push({ ...entry, entry: plus });
    }
    at = end;
  }
  return found;
}

function directoryEntry(
  reader: Reader,
  at: number,
): { entry: DirectoryEntry; end: number } {
  const { bytes } = reader;
  if (bytes.length < at + 24) throw new ReplyError("An entry is cut");
  const length = reader.u32(at + 16);
  const nameEnd = at + 24 + length;
  const end = at + 24 + Math.ceil(length / 8) * 8;
  if (length === 0 || length > 255 || end > bytes.length) {
    throw new ReplyError(`A name of ${length} bytes does not fit`);
  }
  if (bytes.subarray(nameEnd, end).some((byte) => byte !== 0)) {
    throw new ReplyError("There is something in an entry's padding");
  }
  if (
    bytes.subarray(at + 24, nameEnd).some((byte) => byte === 0 || byte === 47)
  ) {
    throw new ReplyError("A name has a NUL or a slash");
  }
  return {
    entry: {
      ino: reader.u64(at),
      offset: reader.u64(at + 8),
      type: reader.u32(at + 20),
      name: reader.text(at + 24, nameEnd),
    },
    end,
  };
}

const NO_ENTRY: Entry = {
  nodeid: 0,
  generation: 0n,
  entryValid: 0n,
  attrValid: 0n,
  attributes: {
    ino: 0n,
    size: 0n,
    blocks: 0n,
    atime: 0n,
    mtime: 0n,
    ctime: 0n,
    mode: 0,
    nlink: 0,
    uid: 0,
    gid: 0,
    rdev: 0,
    blksize: 0,
    flags: 0,
  },
};
