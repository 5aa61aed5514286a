import { type Handler, INCOMPLETE } from "../handler.ts";

/** REMOVE `s` path: a file or an empty directory. */
export const remove: Handler<"status"> = ({ request, files }) => {
  const path = request.string();
  return request.overrun ? INCOMPLETE : files.remove(path);
};
