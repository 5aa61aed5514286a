/**
 * Requests on open files.
 *
 * @module
 */
import { Reader, Writer } from "../bytes.ts";
import { decodeOpened, OPEN_SIZE, type Opened } from "../replies.ts";
import { type Opcode, plain, type Request } from "../request.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const FOPEN_DIRECT_IO = 1;
export const FOPEN_KEEP_CACHE = 2;
export const FOPEN_CACHE_DIR = 8;

const WRITE_KILL_SUIDGID = 4;
const WRITE_CACHE = 1;
const RELEASE_FLUSH = 1;

export function open(
  nodeid: number,
  flags: number,
  openFlags = 0,
  op: Opcode = "OPEN",
): Request<Opened> {
  return {
    op,
    nodeid,
    args: new Writer().u32(flags, openFlags).bytes,
    room: { exactly: OPEN_SIZE },
    decode: decodeOpened,
  };
}

/** At most `size` bytes; `room` for another buffer than that asks for. */
export function read(
  nodeid: number,
  fh: bigint,
  offset: number | bigint,
  size: number,
  op: Opcode = "READ",
  room = size,
): Request<Bytes> {
  return {
    op,
    nodeid,
    args: new Writer().u64(fh, offset).u32(size, 0).u64(0).u32(0, 0).bytes,
    room: { atMost: Math.min(room, size) },
    decode: (body) => body,
  };
}

/** How many bytes were written. `size` for another number than there are. */
export function write(
  nodeid: number,
  fh: bigint,
  offset: number | bigint,
  data: Bytes,
  how: {
    killSuidGid?: boolean;
    cache?: boolean;
    size?: number;
    flags?: number;
  } = {},
): Request<number> {
  const flags = (how.killSuidGid ? WRITE_KILL_SUIDGID : 0) |
    (how.cache ? WRITE_CACHE : 0);
  return {
    op: "WRITE",
    nodeid,
    args:
      new Writer().u64(fh, offset).u32(how.size ?? data.length, flags).u64(0)
        .u32(how.flags ?? 0, 0).bytes,
    data,
    room: { exactly: 8 },
    decode: (body) => new Reader(body).u32(0),
  };
}

export function flush(nodeid: number, fh: bigint): Request<undefined> {
  return plain("FLUSH", nodeid, new Writer().u64(fh).u32(0, 0).u64(0).bytes);
}

export function release(
  nodeid: number,
  fh: bigint,
  op: Opcode = "RELEASE",
): Request<undefined> {
  const args = new Writer().u64(fh).u32(0, RELEASE_FLUSH).u64(0);
  return plain(op, nodeid, args.bytes);
}

export function fsync(
  nodeid: number,
  fh: bigint,
  dataOnly = false,
  op: Opcode = "FSYNC",
): Request<undefined> {
  return plain(op, nodeid, new Writer().u64(fh).u32(Number(dataOnly), 0).bytes);
}

export const FALLOC_FL_KEEP_SIZE = 1;
export const FALLOC_FL_PUNCH_HOLE = 2;
export const FALLOC_FL_ZERO_RANGE = 0x10;

export function fallocate(
  nodeid: number,
  fh: bigint,
  offset: number,
  length: number,
  mode = 0,
): Request<undefined> {
  const args = new Writer().u64(fh, offset, length).u32(mode, 0);
  return plain("FALLOCATE", nodeid, args.bytes);
}

export const SEEK_DATA = 3;
export const SEEK_HOLE = 4;

export function lseek(
  nodeid: number,
  fh: bigint,
  offset: number,
  whence: number,
): Request<number> {
  return {
    op: "LSEEK",
    nodeid,
    args: new Writer().u64(fh, offset).u32(whence, 0).bytes,
    room: { exactly: 8 },
    decode: (body) => new Reader(body).size(0),
  };
}

/** One end of a copy. */
export interface Place {
  readonly nodeid: number;
  readonly fh: bigint;
  readonly offset: number;
}

export function copyFileRange(
  from: Place,
  to: Place,
  length: number,
  flags = 0,
): Request<number> {
  return {
    op: "COPY_FILE_RANGE",
    nodeid: from.nodeid,
    args: new Writer().u64(from.fh, from.offset, to.nodeid, to.fh, to.offset)
      .u64(length, flags).bytes,
    room: { exactly: 8 },
    decode: (body) => new Reader(body).u32(0),
  };
}

export function syncfs(nodeid: number): Request<undefined> {
  return plain("SYNCFS", nodeid, new Writer().u64(0).bytes);
}
