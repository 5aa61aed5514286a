import type { Handler } from "../handler.ts";
import { PATH_MAX } from "../../../ffi/passthrough_constants.ts";
import { ERANGE } from "../../../ffi/errno.ts";
import { failed, failure } from "../../../ffi/results.ts";

const ROOM = BigInt(PATH_MAX);

/** READLINK: nothing. The target, without a NUL. */
export const readlink: Handler<"bytes"> = ({ reply, inodes, calls, node }) => {
  const length = calls.readLink(inodes.fd(node), reply.body, ROOM);
  if (failed(length)) return length;
  // A target that is cut would be another one.
  return length > reply.room ? failure(ERANGE) : length;
};
