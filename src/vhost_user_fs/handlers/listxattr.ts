import { ENOSYS } from "../../../ffi/errno.ts";
import { XATTR_SIZE_MAX } from "../../../ffi/passthrough_constants.ts";
import { failed, failure } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import {
  answerSize,
  HIDDEN_ROOM,
  roomFor,
  withoutHidden,
} from "../passthrough/extended_attributes.ts";

/** LISTXATTR: u32 size, u32 nothing. Names, each with its NUL, or the size of the list. */
export const listxattr: Handler<"bytes"> = (
  { request, reply, options, session, inodes, calls, node },
) => {
  if (!options.xattr) return failure(ENOSYS);
  const size = request.u32(0);
  const room = roomFor(reply, size);
  if (failed(room)) return room;
  // The list, also where only its size is asked for: some names are taken out.
  const length = calls.listxattr(
    inodes.fd(node),
    reply.body,
    size === 0 ? XATTR_SIZE_MAX : room + HIDDEN_ROOM,
  );
  return failed(length) ? length : answerSize(
    reply,
    size,
    session.acl ? length : withoutHidden(reply, length),
  );
};
