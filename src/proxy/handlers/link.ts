import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failure } from "../../../ffi/results.ts";

/** LINK `ss` old, new. Does not follow a final symlink: it gets the second name itself. */
export const link: Handler<"status"> = ({ request, files }) => {
  const from = request.string();
  const to = request.string();
  return request.overrun ? failure(ENOBUFS) : files.link(from, to);
};
