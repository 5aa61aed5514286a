import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";

/** CHMOD `sd` path, mode. Follows a final symlink. */
export const chmod: Handler = ({ request, files }) => {
  const path = request.string();
  const mode = request.u32();
  return request.overrun ? -ENOBUFS : files.chmod(path, mode);
};
