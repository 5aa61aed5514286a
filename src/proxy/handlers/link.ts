import { type Handler, INCOMPLETE } from "../handler.ts";

/** LINK `ss` old, new. Does not follow a final symlink: it gets the second name itself. */
export const link: Handler<"status"> = ({ request, files }) => {
  const from = request.string();
  const to = request.string();
  return request.overrun ? INCOMPLETE : files.link(from, to);
};
