import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";

/** SYMLINK `ddss` uid, gid, target, path. */
export const symlink: Handler = ({ request, files, identity }) => {
  const uid = request.u32();
  const gid = request.u32();
  const target = request.string();
  const path = request.secondString();
  if (request.overrun) return -ENOBUFS;
  const denied = identity.become(uid, gid);
  if (denied < 0) return denied;
  try {
    return files.symlink(target, path);
  } finally {
    identity.restore();
  }
};
