import { EBADF } from "../../../ffi/errno.ts";
import { failure } from "../../../ffi/results.ts";
import { FSYNC_FDATASYNC } from "../fuse/structs.ts";
import type { Handler } from "../handler.ts";
import { DIRECTORY } from "../passthrough/open_files.ts";

/** FSYNCDIR: u64 fh, u32 flags, u32 nothing. */
export const fsyncdir: Handler<"status"> = ({ request, openFiles, calls }) => {
  const handle = openFiles.find(request.u32(0), request.u32(1), DIRECTORY);
  if (handle === 0) return failure(EBADF);
  const fd = openFiles.fd(handle);
  return request.u32(2) & FSYNC_FDATASYNC ? calls.syncData(fd) : calls.sync(fd);
};
