import { ENOBUFS } from "../../../ffi/errno.ts";
import type { Handler } from "../handler.ts";

/** MKDIR `ddsd` uid, gid, path, mode. */
export const mkdir: Handler = ({ request, files, identity }) => {
  const uid = request.u32();
  const gid = request.u32();
  const path = request.string();
  const mode = request.u32();
  if (request.overrun) return -ENOBUFS;
  const denied = identity.become(uid, gid);
  if (denied < 0) return denied;
  try {
    return files.mkdir(path, mode);
  } finally {
    identity.restore();
  }
};
