import { failed } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { copyRange } from "../passthrough/copying.ts";

/** COPY_FILE_RANGE: u64 fh, offset, node, fh, offset, length, flags. How much was copied in 32 bits. */
export const copyFileRange: Handler<"bytes"> = (context) => {
  const copied = copyRange(context);
  return failed(copied) ? copied : context.reply.size(copied);
};
