import { EINVAL } from "../../../ffi/errno.ts";
import { MAX_LINK } from "../wire/protocol.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import { failure } from "../../../ffi/results.ts";

const CAPACITY = BigInt(MAX_LINK);

/** READLINK `sd` path, size. The target is cut to size − 1 bytes, and to what QEMU has room for. */
export const readlink: Handler<"data"> = ({ request, files, reply }) => {
  const path = request.string();
  const size = request.i32();
  if (request.overrun) return INCOMPLETE;
  if (size < 2) return failure(EINVAL);
  const length = files.readlink(path, reply.value, CAPACITY);
  if (length < 0) return length;
  // QEMU crashes on an empty target. Linux has none since 2.6.39.
  if (length === 0) return failure(EINVAL);
  return reply.value16(Math.min(length, size - 1));
};
