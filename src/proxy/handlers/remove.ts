import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failure } from "../../../ffi/results.ts";

/** REMOVE `s` path: a file or an empty directory. */
export const remove: Handler<"status"> = ({ request, files }) => {
  const path = request.string();
  return request.overrun ? failure(ENOBUFS) : files.remove(path);
};
