import { ESTALE } from "../../../ffi/passthrough_constants.ts";
import { failed, failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";

/** LINK: u64 node; name. The entry is of that node, which gets one reference more. */
export const link: Handler<"entry"> = (
  { request, inodes, calls, lookup, node },
) => {
  const slot = inodes.slotOf(request.u32(0), request.u32(1));
  if (slot === 0) return failure(ESTALE);
  const name = request.name();
  if (name === null) return request.refusal;
  const result = calls.link(inodes.fd(slot), inodes.fd(node), name);
  return failed(result) ? result : lookup.again(node, slot);
};
