import { failed } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { copyRange } from "../passthrough/copying.ts";

/** COPY_FILE_RANGE_64: the same, and how much was copied has 64 bits: never more than 2^31 at once. */
export const copyFileRange64: Handler<"bytes"> = (context) => {
  const copied = copyRange(context);
  // The upper half is 0, as what fills up the 32-bit answer is.
  return failed(copied) ? copied : context.reply.size(copied);
};
