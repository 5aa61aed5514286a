import { S_IFBLK, S_IFCHR, S_IFMT } from "../../../ffi/constants.ts";
import { EPERM } from "../../../ffi/errno.ts";
import { failed, failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";

/** MKNOD: u32 mode, rdev, umask, nothing; name. */
export const mknod: Handler<"entry"> = (
  { request, inodes, calls, lookup, budget, caller, options, node },
) => {
  const name = request.name();
  if (name === null) return request.refusal;
  // Not left to the missing capability: the device 0:0, overlayfs' whiteout, needs none (Linux 5.8).
  if (!options.devices && isDevice(request.u32(0))) return failure(EPERM);
  const full = budget.check(1);
  if (failed(full)) return full;
  const denied = caller.become(request, request.u32(2));
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

function isDevice(mode: number): boolean {
  const type = mode & S_IFMT;
  return type === S_IFBLK || type === S_IFCHR;
}
