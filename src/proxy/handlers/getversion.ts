import { O_NONBLOCK, O_RDONLY } from "../../../ffi/constants.ts";
import { ENAMETOOLONG, ENOBUFS, ENOTTY } from "../../../ffi/errno.ts";
import type { CString } from "../../../ffi/memory.ts";
import { VERSION_SIZE } from "../wire/protocol.ts";
import type { Context, Handler } from "../handler.ts";
import { UNSURE } from "../files/inode_handles.ts";
import { openPlain } from "../files/plain_files.ts";
import {
  type Done,
  type Errno,
  failed,
  failure,
  type Size,
} from "../../../ffi/results.ts";

/** O_NONBLOCK: the descriptor stays here, nobody needs its flags set back. */
const FLAGS = O_RDONLY | O_NONBLOCK;

/**
 * GETVERSION `s` path: the inode's generation, which tells a reused inode
 * number from the old one, masked where it is not of the root's device. Follows
 * a final symlink.
 */
export const getversion: Handler<"data"> = (context) => {
  const { request, files, reply, hasGenerations, handles } = context;
  const path = request.string();
  if (request.overrun) return failure(ENOBUFS);
  // The ioctl writes an int although its number says long: the upper half stays 0.
  reply.word(0, 0);
  reply.word(1, 0);
  if (!hasGenerations) return putMask(context, path);
  let result = handles === undefined ? UNSURE : handles.read(path);
  if (result === UNSURE) result = readByOpening(context, path);
  if (failed(result)) return result;
  reply.word(0, files.generationBuffer.words[0]!);
  return VERSION_SIZE;
};

/** Leaves the masked generation in `generationBuffer`. */
function readByOpening(context: Context, path: CString): Done | Errno {
  const { files, inodeNumbers } = context;
  const fd = openPlain(context, path, FLAGS, 0);
  if (failed(fd)) return fd;
  const result = files.getversion(fd);
  files.close(fd);
  // A file system mounted inside of the export need not have generations.
  if (failed(result) && result !== -ENOTTY) return result;
  const told = files.generationBuffer.words;
  const generation = result < 0 ? 0 : told[0]!;
  // With these flags openPlain() has just looked at the file.
  told[0] = generation ^ inodeNumbers.generationMask(files.statBuffer.words);
  return 0;
}

/**
 * Where the root's file system has no generations only the mask is told. As long
 * as LSTAT has met no other device that is 0, and no system call is needed.
 */
function putMask(
  { files, reply, inodeNumbers }: Context,
  path: CString,
): Size | Errno {
  if (!inodeNumbers.several) return VERSION_SIZE;
  const result = files.stat(path);
  // A long path is tried again piece by piece; what else fails has no mask.
  if (failed(result) && result === -ENAMETOOLONG) return result;
  if (result === 0) {
    reply.word(0, inodeNumbers.generationMask(files.statBuffer.words));
  }
  return VERSION_SIZE;
}
