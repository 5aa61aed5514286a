import { failed } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { MODE_BITS } from "../passthrough/creating.ts";

/** MKDIR: u32 mode, umask; name. */
export const mkdir: Handler<"entry"> = (
  { request, inodes, calls, lookup, budget, caller, node },
) => {
  const name = request.name();
  if (name === null) return request.refusal;
  const full = budget.check(1);
  if (failed(full)) return full;
  const denied = caller.become(request, request.u32(1));
  if (failed(denied)) return denied;
  let result;
  try {
    result = calls.mkdir(inodes.fd(node), name, request.u32(0) & MODE_BITS);
  } finally {
    caller.restore();
  }
  return failed(result) ? result : lookup.open(node, name);
};
