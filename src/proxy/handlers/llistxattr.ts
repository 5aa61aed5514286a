import { EINVAL } from "../../../ffi/errno.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import { answerValue, capacityFor } from "../files/xattr_value.ts";
import { failure } from "../../../ffi/results.ts";

/** LLISTXATTR `ds` size, path: NUL-ended names in a row. Size 0 asks for the length. */
export const llistxattr: Handler<"data"> = ({ request, files, reply }) => {
  const size = request.i32();
  const path = request.string();
  if (request.overrun) return INCOMPLETE;
  if (size < 0) return failure(EINVAL);
  const result = files.llistxattr(path, reply.value, capacityFor(size));
  return answerValue(reply, size, result);
};
