import { EINVAL, ERANGE } from "../../../ffi/errno.ts";
import { sizeT } from "../../../ffi/files.ts";
import { MAX_VALUE } from "../wire/protocol.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import { answerValue, capacityFor } from "../files/xattr_value.ts";
import { failure } from "../../../ffi/results.ts";

/** LGETXATTR `dss` size, path, name. Size 0 asks for the length. */
export const lgetxattr: Handler<"data"> = (
  { request, files, reply, mappedIds },
) => {
  const size = request.i32();
  const path = request.string();
  const name = request.string();
  if (request.overrun) return INCOMPLETE;
  if (size < 0) return failure(EINVAL);
  const room = capacityFor(size);
  let result = files.lgetxattr(path, name, reply.value, room);
  if (mappedIds && result > 0 && size > 0) {
    // Linux 6.1 maps the ids in an ACL only if the capacity is exactly its length.
    const exact = sizeT(result);
    if (room !== exact) {
      result = files.lgetxattr(path, name, reply.value, exact);
    }
  }
  // For a name of a wrong length the kernel says ERANGE, too, whatever the capacity: then
  // that is the answer, and not ENOBUFS for a value that no reply can carry.
  if (
    result === -ERANGE && size > MAX_VALUE &&
    files.lgetxattr(path, name, reply.value, sizeT(0)) === -ERANGE
  ) return failure(ERANGE);
  return answerValue(reply, size, result);
};
