import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failed, failure } from "../../../ffi/results.ts";

/** SYMLINK `ddss` uid, gid, target, path. */
export const symlink: Handler<"status"> = ({ request, files, identity }) => {
  const uid = request.u32();
  const gid = request.u32();
  const target = request.string();
  const path = request.string();
  if (request.overrun) return failure(ENOBUFS);
  const denied = identity.become(uid, gid);
  if (failed(denied)) return denied;
  try {
    return files.symlink(target, path);
  } finally {
    identity.restore();
  }
};
