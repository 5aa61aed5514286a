/**
 * What COPY_FILE_RANGE does, whatever its answer looks like.
 *
 * @module
 */
import { EBADF } from "../../../ffi/errno.ts";
import { type Errno, failure, type Size } from "../../../ffi/results.ts";
import type { Context } from "../handler.ts";
import { FILE } from "./open_files.ts";

/** `fuse_copy_file_range_in`, in words: u64 fh, offset, nodeid, fh, offset, length, flags. */
const FROM = 0, FROM_AT = 2, TO = 6, TO_AT = 8, LENGTH_WIDE = 5, FLAGS = 12;
/**
 * Bytes that are copied at most by one request: whoever wants more asks again.
 * While it is served no message of the front end's is, and no signal.
 */
const MAX_COPY = 1 << 26;

/** Copies, as much as the kernel likes to at once. */
export function copyRange(
  { request, openFiles, calls, offsets }: Context,
): Size | Errno {
  const from = openFiles.find(request.u32(FROM), request.u32(FROM + 1), FILE);
  const to = openFiles.find(request.u32(TO), request.u32(TO + 1), FILE);
  if (from === 0 || to === 0) return failure(EBADF);
  const [fromAt, toAt] = offsets;
  fromAt.words[0] = request.u32(FROM_AT);
  fromAt.words[1] = request.u32(FROM_AT + 1);
  toAt.words[0] = request.u32(TO_AT);
  toAt.words[1] = request.u32(TO_AT + 1);
  request.limit(LENGTH_WIDE, MAX_COPY);
  return calls.copyRange(
    openFiles.fd(from),
    fromAt.pointer,
    openFiles.fd(to),
    toAt.pointer,
    request.wide,
    request.wideAt(LENGTH_WIDE),
    request.u32(FLAGS),
  );
}
