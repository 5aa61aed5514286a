import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failure } from "../../../ffi/results.ts";

/** CHMOD `sd` path, mode. Follows a final symlink. */
export const chmod: Handler<"status"> = ({ request, files }) => {
  const path = request.string();
  const mode = request.u32();
  return request.overrun ? failure(ENOBUFS) : files.chmod(path, mode);
};
