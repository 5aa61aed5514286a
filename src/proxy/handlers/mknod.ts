import { S_IFBLK, S_IFCHR, S_IFMT } from "../../../ffi/constants.ts";
import { EINVAL, EPERM } from "../../../ffi/errno.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import { failed, failure } from "../../../ffi/results.ts";

/**
 * MKNOD `ddsdq` uid, gid, path, mode, rdev. Devices can be made only for 0:0: the
 * helper acts for other owners without CAP_MKNOD, which is EPERM.
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
  if (request.overrun) return INCOMPLETE;
  // Not left to the kernel: since Linux 5.8 the device 0:0, a whiteout, needs no capability.
  if (!devices && isDevice(mode)) return failure(EPERM);
  // Device numbers of the kernel have 32 bits.
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
