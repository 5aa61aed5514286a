import { O_APPEND } from "../../../ffi/constants.ts";
import { EBADF, EINVAL } from "../../../ffi/errno.ts";
import { RWF_APPEND } from "../../../ffi/passthrough_constants.ts";
import { failed, failure } from "../../../ffi/results.ts";
import { MOST_DATA } from "../fuse/init.ts";
import { IN_HEADER, WRITE_CACHE, WRITE_KILL_SUIDGID } from "../fuse/structs.ts";
import type { Handler } from "../handler.ts";
import { FILE } from "../passthrough/open_files.ts";

/** Where the data begin. */
const DATA = IN_HEADER.size + 40;

/**
 * WRITE: u64 fh, u64 offset, u32 size, u32 flags, u64 lock owner, u32 flags of
 * open(2), u32 nothing; data. The guest's O_APPEND holds for this write: what
 * it writes back from its cache goes to where it belongs.
 */
export const write: Handler<"bytes"> = (
  { request, reply, openFiles, calls, caller, message, figures },
) => {
  const handle = openFiles.find(request.u32(0), request.u32(1), FILE);
  if (handle === 0) return failure(EBADF);
  const asked = request.u32(4), flags = request.u32(5);
  // pwritev2(2) would take -1 for "where the file is".
  if (request.isNegative(1) || asked > request.rest) return failure(EINVAL);
  const size = Math.min(asked, MOST_DATA);
  const appends = (request.u32(8) & O_APPEND) !== 0 &&
    (flags & WRITE_CACHE) === 0;
  const fd = openFiles.fd(handle);
  const at = request.wideAt(1);
  let done = 0;
  caller.clearSetId((flags & WRITE_KILL_SUIDGID) !== 0);
  let result;
  do {
    const count = message.readVector(DATA + done, size - done);
    result = calls.write(
      fd,
      message.vector,
      count,
      request.wide,
      at,
      appends ? RWF_APPEND : 0,
    );
    if (failed(result)) break;
    done += result;
    // Less than all only where the kernel takes no longer array.
    if (result === 0 || result < message.covered) break;
    request.advance(1, result);
  } while (done < size);
  caller.keepSetId();
  figures.addWritten(done);
  return failed(result) && done === 0 ? result : reply.size(done);
};
