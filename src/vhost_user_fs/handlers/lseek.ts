import { EBADF, EINVAL } from "../../../ffi/errno.ts";
import { SEEK_DATA, SEEK_HOLE } from "../../../ffi/passthrough_constants.ts";
import { failure, type Size } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { FILE } from "../passthrough/open_files.ts";

/** LSEEK: u64 fh, u64 offset, u32 whence, u32 nothing. Only where data or a hole begins: the rest the guest knows. */
export const lseek: Handler<"bytes"> = (
  { request, reply, openFiles, calls },
) => {
  const handle = openFiles.find(request.u32(0), request.u32(1), FILE);
  if (handle === 0) return failure(EBADF);
  const whence = request.u32(4);
  if (whence !== SEEK_DATA && whence !== SEEK_HOLE) return failure(EINVAL);
  const offset = calls.seekWide(
    openFiles.fd(handle),
    request.wide,
    request.wideAt(1),
    whence,
  );
  if (offset < 0n) return calls.lastError();
  reply.wide(0, offset);
  return 8 as Size;
};
