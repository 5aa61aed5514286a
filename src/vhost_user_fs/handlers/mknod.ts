import { failed } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";

/** MKNOD: u32 mode, rdev, umask, nothing; name. The guest has applied the umask. */
export const mknod: Handler<"entry"> = (
  { request, inodes, calls, lookup, budget, caller, node },
) => {
  const name = request.name();
  if (name === null) return request.refusal;
  const full = budget.check(1);
  if (failed(full)) return full;
  const denied = caller.become(request);
  if (failed(denied)) return denied;
  let result;
  try {
    result = calls.mknod(
      inodes.fd(node),
      name,
      request.u32(0),
      request.u32(1),
    );
  } finally {
    caller.restore();
  }
  return failed(result) ? result : lookup.open(node, name);
};
