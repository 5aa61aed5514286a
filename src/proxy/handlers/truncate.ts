import { type Handler, INCOMPLETE } from "../handler.ts";

/** TRUNCATE `sq` path, size. Follows a final symlink. For a negative size or a FIFO the kernel says EINVAL. */
export const truncate: Handler<"status"> = ({ request, files }) => {
  const path = request.string();
  const size = request.i64();
  return request.overrun ? INCOMPLETE : files.truncate(path, size);
};
