import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";

/** RENAME `ss` old, new. */
export const rename: Handler = ({ request, files }) => {
  const from = request.string();
  const to = request.secondString();
  return request.overrun ? -ENOBUFS : files.rename(from, to);
};
