import { O_NONBLOCK, O_RDONLY } from "../../ffi/constants.ts";
import { ENOBUFS, ENOTTY } from "../../ffi/errno.ts";
import type { CString } from "../../ffi/files.ts";
import { VERSION_SIZE } from "../wire/protocol.ts";
import type { Context, Handler } from "./handler.ts";
import { UNSURE } from "./inode_handles.ts";
import { openPlain } from "./plain_files.ts";

/** O_NONBLOCK: the descriptor stays here, nobody needs its flags set back. */
const FLAGS = O_RDONLY | O_NONBLOCK;

/** GETVERSION `s` path: the inode's generation, which tells a reused inode number from the old one. Follows a final symlink. */
export const getversion: Handler = (context) => {
  const { request, files, reply, hasGenerations, handles } = context;
  const path = request.string();
  if (request.overrun) return -ENOBUFS;
  // The ioctl writes an int although its number says long: the upper half stays 0.
  reply.word(0, 0);
  reply.word(1, 0);
  if (!hasGenerations) return VERSION_SIZE;
  let result = handles === undefined ? UNSURE : handles.read(path);
  if (result === UNSURE) result = readByOpening(context, path);
  if (result === 0) reply.word(0, files.generationBuffer.words[0]!);
  // A file system mounted inside of the export need not have generations.
  return result < 0 && result !== -ENOTTY ? result : VERSION_SIZE;
};

function readByOpening(context: Context, path: CString): number {
  const { files } = context;
  const fd = openPlain(context, path, FLAGS, 0);
  if (fd < 0) return fd;
  const result = files.getversion(fd);
  files.close(fd);
  return result;
}
