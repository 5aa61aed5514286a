import { EINVAL } from "../../../ffi/errno.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import { failure } from "../../../ffi/results.ts";

/** LSETXATTR `sssdd` path, name, value, size, flags. */
export const lsetxattr: Handler<"status"> = ({ request, files }) => {
  const path = request.string();
  const name = request.string();
  const value = request.string();
  const room = request.length;
  const size = request.u32();
  const flags = request.i32();
  if (request.overrun) return INCOMPLETE;
  // The original helper stored what lay behind the value on its heap.
  if (size > room) return failure(EINVAL);
  return files.lsetxattr(path, name, value, size, flags);
};
