import { failed } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";

/** SYMLINK: name, target. */
export const symlink: Handler<"entry"> = (
  { request, inodes, calls, lookup, budget, caller, node },
) => {
  const name = request.name();
  if (name === null) return request.refusal;
  const target = request.target();
  if (target === null) return request.refusal;
  const full = budget.check(1);
  if (failed(full)) return full;
  const denied = caller.become(request, 0);
  if (failed(denied)) return denied;
  let result;
  try {
    result = calls.symlink(target, inodes.fd(node), name);
  } finally {
    caller.restore();
  }
  return failed(result) ? result : lookup.open(node, name);
};
