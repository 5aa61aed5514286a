import { EBADF } from "../../../ffi/errno.ts";
import { failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { FILE } from "../passthrough/open_files.ts";

/** FALLOCATE: u64 fh, offset, length, u32 mode, u32 nothing. The kernel judges the mode. */
export const fallocate: Handler<"status"> = ({ request, openFiles, calls }) => {
  const handle = openFiles.find(request.u32(0), request.u32(1), FILE);
  if (handle === 0) return failure(EBADF);
  return calls.allocate(
    openFiles.fd(handle),
    request.u32(6),
    request.wide,
    request.wideAt(1),
  );
};
