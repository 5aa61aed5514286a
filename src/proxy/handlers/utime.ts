import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failure } from "../../../ffi/results.ts";

/** Two `struct timespec` of two 64-bit fields: just what is on the wire. */
const TIMES_SIZE = 32;

/**
 * UTIME `sqqqq` path, atime s, ns, mtime s, ns. Does not follow a final
 * symlink. QEMU sends mtime's nanoseconds in both fields, UTIME_NOW and
 * UTIME_OMIT among them; what is sent is applied.
 */
export const utime: Handler<"status"> = ({ request, files, times }) => {
  const path = request.string();
  request.copy(times.bytes, TIMES_SIZE);
  return request.overrun
    ? failure(ENOBUFS)
    : files.utimens(path, times.pointer);
};
