import { O_NONBLOCK, O_RDONLY } from "../../../ffi/constants.ts";
import { ENAMETOOLONG, ENOTTY } from "../../../ffi/errno.ts";
import type { CString } from "../../../ffi/memory.ts";
import { VERSION_SIZE } from "../wire/protocol.ts";
import { type Context, type Handler, INCOMPLETE } from "../handler.ts";
import { UNSURE } from "../files/inode_handles.ts";
import { openPlain } from "../files/plain_files.ts";
import {
  type Done,
  type Errno,
  failed,
  type Size,
} from "../../../ffi/results.ts";

/** With O_NONBLOCK, so that openPlain() need not change the flags afterwards. */
const FLAGS = O_RDONLY | O_NONBLOCK;

/**
 * GETVERSION `s` path: the generation of the inode, which differs when an inode
 * number is reused. On another device than the root's it is combined with a mask,
 * see {@linkcode InodeNumbers.generationMask}. Follows a final symlink.
 */
export const getversion: Handler<"data"> = (context) => {
  const { request, files, reply, hasGenerations, handles } = context;
  const path = request.string();
  if (request.overrun) return INCOMPLETE;
  // The kernel's generation has 32 bits; the upper half of the reply stays 0.
  reply.word(0, 0);
  reply.word(1, 0);
  if (!hasGenerations) return putMask(context, path);
  let result = handles === undefined ? UNSURE : handles.read(path);
  if (result === UNSURE) result = readByOpening(context, path);
  if (failed(result)) return result;
  reply.word(0, files.generationBuffer.words[0]!);
  return VERSION_SIZE;
};

/** Opens the file, and puts its masked generation into `generationBuffer`. */
function readByOpening(context: Context, path: CString): Done | Errno {
  const { files, inodeNumbers } = context;
  const fd = openPlain(context, path, FLAGS, 0);
  if (failed(fd)) return fd;
  const result = files.getversion(fd);
  files.close(fd);
  // Another file system below the export may have no generations.
  if (failed(result) && result !== -ENOTTY) return result;
  const told = files.generationBuffer.words;
  const generation = result < 0 ? 0 : told[0]!;
  // openPlain() has called fstat(2) on it: statBuffer is that of this file.
  told[0] = generation ^ inodeNumbers.generationMask(files.statBuffer.words);
  return 0;
}

/**
 * Answers with the mask alone, if the root's file system has no generations. As
 * long as LSTAT has seen no other device it is 0, and no system call is needed.
 */
function putMask(
  { files, reply, inodeNumbers }: Context,
  path: CString,
): Size | Errno {
  if (!inodeNumbers.several) return VERSION_SIZE;
  const result = files.stat(path);
  // Only a long path is tried again; other files that can't be examined have no mask.
  if (failed(result) && result === -ENAMETOOLONG) return result;
  if (result === 0) {
    reply.word(0, inodeNumbers.generationMask(files.statBuffer.words));
  }
  return VERSION_SIZE;
}
