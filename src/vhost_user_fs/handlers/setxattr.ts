import { E2BIG, XATTR_SIZE_MAX } from "../../../ffi/passthrough_constants.ts";
import { EINVAL } from "../../../ffi/errno.ts";
import { SETXATTR_ACL_KILL_SGID } from "../fuse/structs.ts";
import { failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { attributeName } from "../passthrough/extended_attributes.ts";

/** SETXATTR: u32 size, u32 flags, and with ACLs u32 FUSE's own flags, u32 nothing; name, value. */
export const setxattr: Handler<"status"> = (context) => {
  const { request, session, inodes, calls, caller, node } = context;
  const extended = session.acl;
  // A name may stand there otherwise.
  if (extended && !request.skip(8)) return failure(EINVAL);
  const kills = extended && (request.u32(2) & SETXATTR_ACL_KILL_SGID) !== 0;
  const name = attributeName(context);
  if (typeof name === "number") return name;
  const size = request.u32(0);
  if (size > XATTR_SIZE_MAX) return failure(E2BIG);
  const value = request.value(size);
  if (value === null) return request.refusal;
  caller.clearSetId(kills);
  const result = calls.setxattr(
    inodes.fd(node),
    name,
    value,
    size,
    request.u32(1),
  );
  caller.keepSetId();
  return result;
};
