import { EPERM } from "../../../ffi/errno.ts";
import { ESTALE } from "../../../ffi/passthrough_constants.ts";
import { failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";

/** renameat2(2): leaves a device 0:0 under the old name. */
const RENAME_WHITEOUT = 4;

/**
 * RENAME2: u64 new directory, u32 flags, u32 nothing; old name, new name. The
 * flags are RENAME_NOREPLACE, RENAME_EXCHANGE and RENAME_WHITEOUT, and the
 * kernel judges them.
 */
export const rename2: Handler<"status"> = (
  { request, inodes, calls, options, node },
) => {
  const to = inodes.slotOf(request.u32(0), request.u32(1));
  if (to === 0) return failure(ESTALE);
  const flags = request.u32(2);
  if ((flags & RENAME_WHITEOUT) !== 0 && !options.devices) {
    return failure(EPERM);
  }
  const name = request.name();
  if (name === null) return request.refusal;
  const newName = request.name();
  if (newName === null) return request.refusal;
  return calls.rename(inodes.fd(node), name, inodes.fd(to), newName, flags);
};
