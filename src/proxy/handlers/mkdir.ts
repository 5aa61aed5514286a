import { type Handler, INCOMPLETE } from "../handler.ts";
import { failed } from "../../../ffi/results.ts";

/** MKDIR `ddsd` uid, gid, path, mode. */
export const mkdir: Handler<"status"> = ({ request, files, identity }) => {
  const uid = request.u32();
  const gid = request.u32();
  const path = request.string();
  const mode = request.u32();
  if (request.overrun) return INCOMPLETE;
  const denied = identity.become(uid, gid);
  if (failed(denied)) return denied;
  try {
    return files.mkdir(path, mode);
  } finally {
    identity.restore();
  }
};
