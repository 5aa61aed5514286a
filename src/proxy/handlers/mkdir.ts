import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";
import { failed, failure } from "../../../ffi/results.ts";

/** MKDIR `ddsd` uid, gid, path, mode. */
export const mkdir: Handler<"status"> = ({ request, files, identity }) => {
  const uid = request.u32();
  const gid = request.u32();
  const path = request.string();
  const mode = request.u32();
  if (request.overrun) return failure(ENOBUFS);
  const denied = identity.become(uid, gid);
  if (failed(denied)) return denied;
  try {
    return files.mkdir(path, mode);
  } finally {
    identity.restore();
  }
};
