import { EINVAL, ENOBUFS } from "../../ffi/errno.ts";
import type { Handler } from "./handler.ts";
import { answerValue, capacityFor } from "./xattr_value.ts";

/** LGETXATTR `dss` size, path, name. Size 0 asks for the length. */
export const lgetxattr: Handler = ({ request, files, reply }) => {
  const size = request.i32();
  const path = request.string();
  const name = request.secondString();
  if (request.overrun) return -ENOBUFS;
  if (size < 0) return -EINVAL;
  const result = files.lgetxattr(path, name, reply.value, capacityFor(size));
  return answerValue(reply, size, result);
};
