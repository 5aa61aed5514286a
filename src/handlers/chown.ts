import { ENOBUFS } from "../../ffi/errno.ts";
import type { Handler } from "./handler.ts";

/** CHOWN `sdd` path, uid, gid; 0xffffffff keeps. Does not follow a final symlink. */
export const chown: Handler = ({ request, files }) => {
  const path = request.string();
  const uid = request.u32();
  const gid = request.u32();
  return request.overrun ? -ENOBUFS : files.lchown(path, uid, gid);
};
