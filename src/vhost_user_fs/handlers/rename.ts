import { ESTALE } from "../../../ffi/passthrough_constants.ts";
import { failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";

/** RENAME: u64 new directory; old name, new name. */
export const rename: Handler<"status"> = ({ request, inodes, calls, node }) => {
  const to = inodes.slotOf(request.u32(0), request.u32(1));
  if (to === 0) return failure(ESTALE);
  const name = request.name();
  if (name === null) return request.refusal;
  const newName = request.name();
  if (newName === null) return request.refusal;
  return calls.rename(inodes.fd(node), name, inodes.fd(to), newName, 0);
};
