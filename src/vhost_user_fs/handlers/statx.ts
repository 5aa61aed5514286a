import { EBADF } from "../../../ffi/errno.ts";
import { AT_STATX_SYNC_TYPE } from "../../../ffi/passthrough_constants.ts";
import { failed, failure, type Size } from "../../../ffi/results.ts";
import { putStatxOut } from "../fuse/attributes.ts";
import { GETATTR_FH } from "../fuse/structs.ts";
import type { Handler } from "../handler.ts";
import { FILE } from "../passthrough/open_files.ts";

const STATX_OUT_SIZE = 288 as Size;

/** STATX: u32 flags, u32 nothing, u64 fh, u32 flags of statx(2), u32 mask. Whatever is asked for, all is answered. */
export const statx: Handler<"bytes"> = (
  { request, reply, inodes, openFiles, calls, seconds, node },
) => {
  let fd = inodes.fd(node);
  if (request.u32(0) & GETATTR_FH) {
    const handle = openFiles.find(request.u32(2), request.u32(3), FILE);
    if (handle === 0) return failure(EBADF);
    fd = openFiles.fd(handle);
  }
  const result = calls.stat(fd, request.u32(4) & AT_STATX_SYNC_TYPE);
  if (failed(result)) return result;
  putStatxOut(reply, calls.statBuffer.words, seconds);
  return STATX_OUT_SIZE;
};
