import { type Handler, INCOMPLETE } from "../handler.ts";
import { failed } from "../../../ffi/results.ts";

/** SYMLINK `ddss` uid, gid, target, path. */
export const symlink: Handler<"status"> = ({ request, files, identity }) => {
  const uid = request.u32();
  const gid = request.u32();
  const target = request.string();
  const path = request.string();
  if (request.overrun) return INCOMPLETE;
  const denied = identity.become(uid, gid);
  if (failed(denied)) return denied;
  try {
    return files.symlink(target, path);
  } finally {
    identity.restore();
  }
};
