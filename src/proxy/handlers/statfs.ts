import { STATFS } from "../../../ffi/files.ts";
import { STATFS_SIZE } from "../wire/protocol.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import { failed } from "../../../ffi/results.ts";

/** In place of 0, by which QEMU would divide. */
const DEFAULT_BLOCK_SIZE = 4096;

/** STATFS `s` path. Follows a final symlink. */
export const statfs: Handler<"data"> = ({ request, files, reply }) => {
  const path = request.string();
  if (request.overrun) return INCOMPLETE;
  const result = files.statfs(path);
  if (failed(result)) return result;
  const fs = files.statfsBuffer.words;
  // type, bsize, blocks, bfree, bavail, files and ffree have the same order in the reply.
  reply.copyWords(0, fs, STATFS.type, 14);
  if (fs[STATFS.bsize] === 0 && fs[STATFS.bsize + 1] === 0) {
    reply.word(2, DEFAULT_BLOCK_SIZE);
  }
  // QEMU takes the lower half of the first word and the upper half of the second: both get all.
  reply.copyWords(14, fs, STATFS.fsid, 2);
  reply.copyWords(16, fs, STATFS.fsid, 2);
  reply.copyWords(18, fs, STATFS.namelen, 2);
  reply.copyWords(20, fs, STATFS.frsize, 2);
  return STATFS_SIZE;
};
