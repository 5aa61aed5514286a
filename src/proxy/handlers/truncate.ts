import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failure } from "../../../ffi/results.ts";

/** TRUNCATE `sq` path, size. Follows a final symlink. For a negative size or a FIFO the kernel says EINVAL. */
export const truncate: Handler<"status"> = ({ request, files }) => {
  const path = request.string();
  const size = request.i64();
  return request.overrun ? failure(ENOBUFS) : files.truncate(path, size);
};
