import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";

/** LINK `ss` old, new. A symlink gets a second name itself, it is not followed. */
export const link: Handler = ({ request, files }) => {
  const from = request.string();
  const to = request.secondString();
  return request.overrun ? -ENOBUFS : files.link(from, to);
};
