import { S_IFBLK, S_IFCHR, S_IFMT } from "../../../ffi/constants.ts";
import { EINVAL, ENOBUFS, EPERM } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failed, failure } from "../../../ffi/results.ts";

/**
 * MKNOD `ddsdq` uid, gid, path, mode, rdev. A device only for 0:0: acting for
 * anyone else there is no CAP_MKNOD, hence EPERM.
 */
export const mknod: Handler<"status"> = (
  { request, files, identity, devices },
) => {
  const uid = request.u32();
  const gid = request.u32();
  const path = request.string();
  const mode = request.u32();
  const device = request.u32();
  const deviceHigh = request.u32();
  if (request.overrun) return failure(ENOBUFS);
  // Not left to the missing capability: the device 0:0, overlayfs' whiteout, needs none (Linux 5.8).
  if (!devices && isDevice(mode)) return failure(EPERM);
  // The kernel's encoding of a device number has 32 bits.
  if (deviceHigh !== 0) return failure(EINVAL);
  const denied = identity.become(uid, gid);
  if (failed(denied)) return denied;
  try {
    return files.mknod(path, mode, device);
  } finally {
    identity.restore();
  }
};

function isDevice(mode: number): boolean {
  const type = mode & S_IFMT;
  return type === S_IFBLK || type === S_IFCHR;
}
