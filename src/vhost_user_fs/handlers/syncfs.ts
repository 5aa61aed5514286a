import { O_RDONLY, S_IFDIR, S_IFREG } from "../../../ffi/constants.ts";
import { EINVAL } from "../../../ffi/errno.ts";
import { failed, failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";

/** SYNCFS: u64 nothing. The file system that the node is on; a guest asks for each of its own mounts. */
export const syncfs: Handler<"status"> = ({ inodes, calls, node }) => {
  const path = inodes.fd(node);
  const type = inodes.type(node);
  if (type !== S_IFDIR && type !== S_IFREG) return failure(EINVAL);
  const fd = type === S_IFDIR
    ? calls.openDirectory(path, O_RDONLY)
    : calls.openFile(path, O_RDONLY);
  if (failed(fd)) return fd;
  const result = calls.syncFileSystem(fd);
  calls.close(fd);
  return result;
};
