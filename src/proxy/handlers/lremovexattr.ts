import { type Handler, INCOMPLETE } from "../handler.ts";

/** LREMOVEXATTR `ss` path, name. */
export const lremovexattr: Handler<"status"> = ({ request, files }) => {
  const path = request.string();
  const name = request.string();
  return request.overrun ? INCOMPLETE : files.lremovexattr(path, name);
};
