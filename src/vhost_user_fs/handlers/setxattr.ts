import { E2BIG, XATTR_SIZE_MAX } from "../../../ffi/passthrough_constants.ts";
import { failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { attributeName } from "../passthrough/extended_attributes.ts";

/** SETXATTR: u32 size, u32 flags; name, value. */
export const setxattr: Handler<"status"> = (context) => {
  const { request, inodes, calls, node } = context;
  const name = attributeName(context);
  if (typeof name === "number") return name;
  const size = request.u32(0);
  if (size > XATTR_SIZE_MAX) return failure(E2BIG);
  const value = request.value(size);
  if (value === null) return request.refusal;
  return calls.setxattr(inodes.fd(node), name, value, size, request.u32(1));
};
