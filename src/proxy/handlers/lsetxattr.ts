import { EINVAL, ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";

/** LSETXATTR `sssdd` path, name, value, size, flags. */
export const lsetxattr: Handler = ({ request, files }) => {
  const path = request.string();
  const name = request.secondString();
  const value = request.thirdString();
  const room = request.length;
  const size = request.u32();
  const flags = request.i32();
  if (request.overrun) return -ENOBUFS;
  // The original stored whatever lay behind the value on its heap.
  if (size > room) return -EINVAL;
  return files.lsetxattr(path, name, value, size, flags);
};
