import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";

/** LREMOVEXATTR `ss` path, name. */
export const lremovexattr: Handler = ({ request, files }) => {
  const path = request.string();
  const name = request.secondString();
  return request.overrun ? -ENOBUFS : files.lremovexattr(path, name);
};
