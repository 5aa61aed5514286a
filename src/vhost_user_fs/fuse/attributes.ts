/**
 * From `struct statx` to what FUSE says of a file.
 *
 * @module
 */
import { STATX } from "../../../ffi/files.ts";
import type { Reply } from "./reply.ts";
import { ATTR, ATTR_OUT, ENTRY } from "./structs.ts";

/** Words of `struct statx` that `struct fuse_statx` has, too: all up to the numbers of the device. */
const SHARED_STATX_WORDS = STATX.devMajor;
/** `struct fuse_statx_out`: u64 attr_valid, u32 nanoseconds, u32 flags, two spare u64, `fuse_statx`. */
const STATX_OUT = { words: 72, attrValid: 0, statx: 8 } as const;
/** STATX_BASIC_STATS and STATX_BTIME: FUSE has no more. */
const FUSE_STATX_MASK = 0xfff;

/** Puts `struct fuse_attr` at word `at` of the body. */
export function putAttributes(
  reply: Reply,
  at: number,
  statx: Uint32Array,
  flags: number,
): void {
  reply.copyWords(at + ATTR.ino, statx, STATX.ino, 2);
  // Size and blocks lie side by side in both.
  reply.copyWords(at + ATTR.fileSize, statx, STATX.fileSize, 4);
  reply.copyWords(at + ATTR.atime, statx, STATX.atime, 2);
  reply.copyWords(at + ATTR.mtime, statx, STATX.mtime, 2);
  reply.copyWords(at + ATTR.ctime, statx, STATX.ctime, 2);
  reply.word(at + ATTR.atimeNanoseconds, statx[STATX.atime + 2]!);
  reply.word(at + ATTR.mtimeNanoseconds, statx[STATX.mtime + 2]!);
  reply.word(at + ATTR.ctimeNanoseconds, statx[STATX.ctime + 2]!);
  reply.word(at + ATTR.mode, statx[STATX.mode]! & 0xffff);
  reply.word(at + ATTR.nlink, statx[STATX.nlink]!);
  reply.word(at + ATTR.uid, statx[STATX.uid]!);
  reply.word(at + ATTR.gid, statx[STATX.gid]!);
  reply.word(
    at + ATTR.rdev,
    encodeDevice(statx[STATX.rdevMajor]!, statx[STATX.rdevMinor]!),
  );
  reply.word(at + ATTR.blksize, statx[STATX.blksize]!);
  reply.word(at + ATTR.flags, flags);
}

/** Puts `struct fuse_attr_out` to the start of the body. */
export function putAttrOut(
  reply: Reply,
  statx: Uint32Array,
  seconds: number,
): void {
  reply.clear(0, ATTR_OUT.attr);
  reply.word(ATTR_OUT.attrValid, seconds);
  putAttributes(reply, ATTR_OUT.attr, statx, 0);
}

/** Puts `struct fuse_entry_out` at word `at` of the body; the node is `low` and `high`. */
export function putEntry(
  reply: Reply,
  at: number,
  low: number,
  high: number,
  statx: Uint32Array,
  flags: number,
  seconds: number,
): void {
  reply.clear(at, ENTRY.attr);
  reply.word(at + ENTRY.nodeid, low);
  reply.word(at + ENTRY.nodeid + 1, high);
  reply.word(at + ENTRY.entryValid, seconds);
  reply.word(at + ENTRY.attrValid, seconds);
  putAttributes(reply, at + ENTRY.attr, statx, flags);
}

/** Puts `struct fuse_statx_out`; `statx` is what is sent of it. */
export function putStatxOut(
  reply: Reply,
  statx: Uint32Array,
  seconds: number,
): void {
  reply.clear(0, STATX_OUT.words);
  reply.word(STATX_OUT.attrValid, seconds);
  reply.copyWords(STATX_OUT.statx, statx, 0, SHARED_STATX_WORDS);
  reply.word(STATX_OUT.statx, statx[STATX.mask]! & FUSE_STATX_MASK);
  reply.word(STATX_OUT.statx + STATX.mode, statx[STATX.mode]! & 0xffff);
}

/** A device's number in 32 bits, as the kernel has it (`new_encode_dev()` of linux/kdev_t.h). */
function encodeDevice(major: number, minor: number): number {
  return (minor & 0xff) | (major & 0xfff) << 8 | (minor & 0xfff00) << 12;
}
