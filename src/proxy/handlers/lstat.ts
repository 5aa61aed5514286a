import { STATX } from "../../../ffi/files.ts";
import { STAT_SIZE } from "../wire/protocol.ts";
import type { ReplyWriter } from "../wire/reply_writer.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import { failed } from "../../../ffi/results.ts";

/** LSTAT `s` path. The inode number is unique in the export, see {@linkcode InodeNumbers}. */
export const lstat: Handler<"data"> = (
  { request, files, reply, inodeNumbers },
) => {
  const path = request.string();
  if (request.overrun) return INCOMPLETE;
  const result = files.lstat(path);
  if (failed(result)) return result;
  inodeNumbers.translate(files.statBuffer.words);
  putStat(reply, files.statBuffer.words);
  return STAT_SIZE;
};

/** Copies `qqq` dev ino nlink, `ddd` mode uid gid, and ten `q`, from `struct statx`. */
function putStat(reply: ReplyWriter, statx: Uint32Array): void {
  const major = statx[STATX.devMajor]!, minor = statx[STATX.devMinor]!;
  reply.word(0, deviceLow(major, minor));
  reply.word(1, deviceHigh(major, minor));
  reply.copyWords(2, statx, STATX.ino, 2);
  reply.word(4, statx[STATX.nlink]!);
  reply.word(5, 0);
  reply.word(6, statx[STATX.mode]! & 0xffff);
  reply.word(7, statx[STATX.uid]!);
  reply.word(8, statx[STATX.gid]!);
  const rdevMajor = statx[STATX.rdevMajor]!,
    rdevMinor = statx[STATX.rdevMinor]!;
  reply.word(9, deviceLow(rdevMajor, rdevMinor));
  reply.word(10, deviceHigh(rdevMajor, rdevMinor));
  reply.copyWords(11, statx, STATX.fileSize, 2);
  reply.word(13, statx[STATX.blksize]!);
  reply.word(14, 0);
  reply.copyWords(15, statx, STATX.blocks, 2);
  putTime(reply, 17, statx, STATX.atime);
  putTime(reply, 21, statx, STATX.mtime);
  putTime(reply, 25, statx, STATX.ctime);
}

/** `struct statx_timestamp` is s64 seconds and u32 nanoseconds; in the reply both have 64 bits. */
function putTime(
  reply: ReplyWriter,
  word: number,
  statx: Uint32Array,
  at: number,
): void {
  reply.copyWords(word, statx, at, 3);
  reply.word(word + 3, 0);
}

/** The lower half of `makedev(major, minor)` of glibc and musl, makedev(3). */
function deviceLow(major: number, minor: number): number {
  return (minor & 0xff) | (major & 0xfff) << 8 | (minor & 0xfff00) << 12;
}

/** The upper half of the same. */
function deviceHigh(major: number, minor: number): number {
  return (major & 0xfffff000) | minor >>> 20;
}
