import {
  O_ASYNC,
  O_CREAT,
  O_EXCL,
  O_PATH,
  O_TMPFILE_BIT,
} from "../../../ffi/constants.ts";
import { type Handler, INCOMPLETE } from "../handler.ts";
import { openPlain } from "../files/plain_files.ts";

/**
 * O_CREAT and O_TMPFILE would make files that root owns, O_PATH opens without a
 * check of permissions, O_ASYNC would have signals sent.
 */
const STRIPPED = O_CREAT | O_EXCL | O_TMPFILE_BIT | O_PATH | O_ASYNC;

/** OPEN `sd` path, flags: only regular files and directories. Follows a final symlink. */
export const open: Handler<"descriptor"> = (context) => {
  const { request } = context;
  const path = request.string();
  const flags = request.u32();
  if (request.overrun) return INCOMPLETE;
  return openPlain(context, path, flags & ~STRIPPED, 0);
};
