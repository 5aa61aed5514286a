import { type Handler, INCOMPLETE } from "../handler.ts";

/** CHMOD `sd` path, mode. Follows a final symlink. */
export const chmod: Handler<"status"> = ({ request, files }) => {
  const path = request.string();
  const mode = request.u32();
  return request.overrun ? INCOMPLETE : files.chmod(path, mode);
};
