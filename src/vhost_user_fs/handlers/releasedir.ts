import { EBADF } from "../../../ffi/errno.ts";
import { failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { DIRECTORY } from "../passthrough/open_files.ts";

/** RELEASEDIR: u64 fh, u32 flags of open(2), u32 flags, u64 lock owner. Closes a directory. */
export const releasedir: Handler<"status"> = ({ request, openFiles }) => {
  const handle = openFiles.find(request.u32(0), request.u32(1), DIRECTORY);
  if (handle === 0) return failure(EBADF);
  openFiles.release(handle);
  return 0;
};
