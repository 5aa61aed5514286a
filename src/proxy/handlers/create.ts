import { O_ASYNC, O_PATH, O_TMPFILE_BIT } from "../../../ffi/constants.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import { openPlain } from "../files/plain_files.ts";
import { failed } from "../../../ffi/results.ts";

/** As in OPEN, but O_CREAT and O_EXCL are permitted. */
const STRIPPED = O_TMPFILE_BIT | O_PATH | O_ASYNC;

/** CREATE `sdddd` path, flags, mode, uid, gid: open(2) as the file's owner. */
export const create: Handler<"descriptor"> = (context) => {
  const { request, identity } = context;
  const path = request.string();
  const flags = request.u32();
  const mode = request.u32();
  const uid = request.u32();
  const gid = request.u32();
  if (request.overrun) return INCOMPLETE;
  const denied = identity.become(uid, gid);
  if (failed(denied)) return denied;
  try {
    return openPlain(context, path, flags & ~STRIPPED, mode);
  } finally {
    identity.restore();
  }
};
