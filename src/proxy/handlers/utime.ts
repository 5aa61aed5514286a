import { type Handler, INCOMPLETE } from "../handler.ts";

/** Two `struct timespec` of two 64-bit numbers each, as in the request. */
const TIMES_SIZE = 32;

/**
 * UTIME `sqqqq` path, atime s, ns, mtime s, ns. Does not follow a final symlink.
 * QEMU sends the nanoseconds of mtime, or UTIME_NOW or UTIME_OMIT, for atime, too;
 * that is what is set.
 */
export const utime: Handler<"status"> = ({ request, files, times }) => {
  const path = request.string();
  request.copy(times.bytes, TIMES_SIZE);
  return request.overrun ? INCOMPLETE : files.utimens(path, times.pointer);
};
