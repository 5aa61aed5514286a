import { EBADF, EINVAL } from "../../../ffi/errno.ts";
import { type Errno, failed, failure } from "../../../ffi/results.ts";
import { MOST_DATA } from "../fuse/init.ts";
import { OUT_HEADER } from "../fuse/structs.ts";
import type { Handler, Transferred } from "../handler.ts";
import { FILE } from "../passthrough/open_files.ts";

/** READ: u64 fh, u64 offset, u32 size, u32 flags, u64 lock owner, u32 flags of open(2), u32 nothing. */
export const read: Handler<"data"> = (
  { request, openFiles, calls, message },
) => {
  const handle = openFiles.find(request.u32(0), request.u32(1), FILE);
  if (handle === 0) return failure(EBADF);
  // preadv2(2) would take -1 for "where the file is".
  if (request.isNegative(1)) return failure(EINVAL);
  const fd = openFiles.fd(handle);
  const at = request.wideAt(1);
  const size = Math.min(
    request.u32(4),
    message.writableSize - OUT_HEADER.size,
    MOST_DATA,
  );
  let done = 0;
  do {
    const count = message.writeVector(OUT_HEADER.size + done, size - done);
    const result = calls.read(fd, message.vector, count, request.wide, at);
    if (failed(result)) return done > 0 ? done as Transferred : result as Errno;
    done += result;
    // Less than all only where the kernel takes no longer array.
    if (result === 0 || result < message.covered) break;
    request.advance(1, result);
  } while (done < size);
  return done as Transferred;
};
