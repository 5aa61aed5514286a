/**
 * Requests on the session: its beginning, its end, and references.
 *
 * @module
 */
import { Writer } from "../bytes.ts";
import { decodeInit, INIT_SIZE, type InitReply } from "../replies.ts";
import { done, plain, type Request } from "../request.ts";

/** INIT flags by bit; the upper half is `flags2`. */
export const INIT = {
  ASYNC_READ: 0,
  POSIX_LOCKS: 1,
  ATOMIC_O_TRUNC: 3,
  EXPORT_SUPPORT: 4,
  BIG_WRITES: 5,
  DONT_MASK: 6,
  FLOCK_LOCKS: 10,
  AUTO_INVAL_DATA: 12,
  DO_READDIRPLUS: 13,
  READDIRPLUS_AUTO: 14,
  ASYNC_DIO: 15,
  WRITEBACK_CACHE: 16,
  NO_OPEN_SUPPORT: 17,
  PARALLEL_DIROPS: 18,
  HANDLE_KILLPRIV: 19,
  POSIX_ACL: 20,
  MAX_PAGES: 22,
  CACHE_SYMLINKS: 23,
  NO_OPENDIR_SUPPORT: 24,
  SUBMOUNTS: 27,
  HANDLE_KILLPRIV_V2: 28,
  SETXATTR_EXT: 29,
  INIT_EXT: 30,
  SECURITY_CTX: 32,
  CREATE_SUPP_GROUP: 34,
  DIRECT_IO_ALLOW_MMAP: 36,
  ALLOW_IDMAP: 40,
} as const;

/** Flags that kernels were seen to offer. */
export const KERNELS = {
  "6.1": { minor: 38, flags: 0x0b_7bff_fffbn },
  "6.12": { minor: 41, flags: 0x1ff_7bff_fffbn },
  "7.2": { minor: 45, flags: 0x5ff_7bff_fffbn },
} as const;

/** What a kernel says of itself. */
export interface InitOptions {
  readonly major?: number;
  readonly minor?: number;
  readonly maxReadahead?: number;
  readonly flags?: bigint;
}

export function init(options: InitOptions = {}): Request<InitReply> {
  const { major = 7, maxReadahead = 0x20000 } = options;
  const { minor = KERNELS["6.12"].minor } = options;
  const { flags = KERNELS["6.12"].flags } = options;
  const args = new Writer().u32(
    major,
    minor,
    maxReadahead,
    Number(flags & 0xffff_ffffn),
    Number(flags >> 32n),
    ...new Array(11).fill(0),
  );
  return {
    op: "INIT",
    nodeid: 0,
    args: args.bytes,
    room: { exactly: INIT_SIZE },
    decode: decodeInit,
  };
}

export function destroy(): Request<undefined> {
  return plain("DESTROY", 0);
}

/** Takes back `count` of the references that entries have given. */
export function forget(nodeid: number, count = 1): Request<undefined> {
  return {
    op: "FORGET",
    nodeid,
    args: new Writer().u64(count).bytes,
    room: "none",
    decode: done,
  };
}

export function batchForget(
  nodes: readonly (readonly [nodeid: number, count: number])[],
): Request<undefined> {
  const args = new Writer().u32(nodes.length, 0);
  for (const [nodeid, count] of nodes) args.u64(nodeid, count);
  return {
    op: "BATCH_FORGET",
    nodeid: 0,
    args: args.bytes,
    room: "none",
    decode: done,
  };
}
