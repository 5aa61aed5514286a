import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failure } from "../../../ffi/results.ts";

/** LREMOVEXATTR `ss` path, name. */
export const lremovexattr: Handler<"status"> = ({ request, files }) => {
  const path = request.string();
  const name = request.string();
  return request.overrun ? failure(ENOBUFS) : files.lremovexattr(path, name);
};
