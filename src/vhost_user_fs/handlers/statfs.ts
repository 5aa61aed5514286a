import { STATFS as FROM } from "../../../ffi/files.ts";
import { failed, type Size } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";

/** `struct fuse_kstatfs`, in words: u64 blocks, bfree, bavail, files, ffree; u32 bsize, namelen, frsize; spare. */
const STATFS = { size: 80, words: 20, bsize: 10, namelen: 11, frsize: 12 };

/** STATFS: nothing. Of the file system that the node is on. */
export const statfs: Handler<"bytes"> = ({ reply, inodes, calls, node }) => {
  const result = calls.statfs(inodes.fd(node));
  if (failed(result)) return result;
  const { words } = calls.statfsBuffer;
  reply.clear(0, STATFS.words);
  // These five stand in the same order in both.
  reply.copyWords(0, words, FROM.blocks, 10);
  reply.word(STATFS.bsize, words[FROM.bsize]!);
  reply.word(STATFS.namelen, words[FROM.namelen]!);
  reply.word(STATFS.frsize, words[FROM.frsize]!);
  return STATFS.size as Size;
};
