import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failure } from "../../../ffi/results.ts";

/** RENAME `ss` old, new. */
export const rename: Handler<"status"> = ({ request, files }) => {
  const from = request.string();
  const to = request.string();
  return request.overrun ? failure(ENOBUFS) : files.rename(from, to);
};
