import { type Handler, INCOMPLETE } from "../handler.ts";

/** RENAME `ss` old, new. */
export const rename: Handler<"status"> = ({ request, files }) => {
  const from = request.string();
  const to = request.string();
  return request.overrun ? INCOMPLETE : files.rename(from, to);
};
