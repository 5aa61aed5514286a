import { EBADF } from "../../../ffi/errno.ts";
import { failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { FILE } from "../passthrough/open_files.ts";
import { readsOnly } from "../passthrough/open_flags.ts";

/** FLUSH: u64 fh, u32 nothing, u32 nothing, u64 lock owner. What close(2) would say, of what was written. */
export const flush: Handler<"status"> = ({ request, openFiles, calls }) => {
  const handle = openFiles.find(request.u32(0), request.u32(1), FILE);
  if (handle === 0) return failure(EBADF);
  return readsOnly(openFiles.flags(handle))
    ? 0
    : calls.flush(openFiles.fd(handle));
};
