import { EBADF } from "../../../ffi/errno.ts";
import { failure } from "../../../ffi/results.ts";
import { GETATTR_FH } from "../fuse/structs.ts";
import type { Handler } from "../handler.ts";
import { FILE } from "../passthrough/open_files.ts";

/** GETATTR: u32 flags, u32 nothing, u64 fh. By the handle where one is given. */
export const getattr: Handler<"attr"> = (
  { request, inodes, openFiles, calls, node },
) => {
  if ((request.u32(0) & GETATTR_FH) === 0) {
    return calls.stat(inodes.fd(node), 0);
  }
  const handle = openFiles.find(request.u32(2), request.u32(3), FILE);
  return handle === 0 ? failure(EBADF) : calls.stat(openFiles.fd(handle), 0);
};
