import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";

/** REMOVE `s` path: a file or an empty directory. */
export const remove: Handler = ({ request, files }) => {
  const path = request.string();
  return request.overrun ? -ENOBUFS : files.remove(path);
};
