/**
 * Which extended attributes the guest has, and how their sizes are told.
 *
 * @module
 */
import { EINVAL, ENOSYS, EOPNOTSUPP, ERANGE } from "../../../ffi/errno.ts";
import type { CString } from "../../../ffi/memory.ts";
import { XATTR_SIZE_MAX } from "../../../ffi/passthrough_constants.ts";
import { type Errno, failure, type Size } from "../../../ffi/results.ts";
import type { Reply } from "../fuse/reply.ts";
import type { Context } from "../handler.ts";

/**
 * POSIX ACLs: a guest that was not told at INIT that this server has them does
 * not know that they change a file's mode, nor that a new file inherits them.
 */
const HIDDEN = new TextEncoder().encode("system.posix_acl_");

/** Bytes that the hidden ones take in a list, at most: `_access` and `_default`. */
export const HIDDEN_ROOM = 64;

/** The name of the request's attribute, if the guest may have it; or a negative errno. */
export function attributeName(
  { request, options, session }: Context,
): CString | Errno {
  // The guest remembers it, and asks no more.
  if (!options.xattr) return failure(ENOSYS);
  const name = request.attributeName();
  if (name === null) return request.refusal;
  return !session.acl && request.startsWith(HIDDEN)
    ? failure(EOPNOTSUPP)
    : name;
}

/** The room for a value of which the guest wants `size` bytes; negative where there is none. */
export function roomFor(reply: Reply, size: number): number | Errno {
  if (size === 0) return reply.room < 8 ? failure(EINVAL) : 0;
  const room = Math.min(size, reply.room, XATTR_SIZE_MAX);
  return room === 0 ? failure(ERANGE) : room;
}

/** Takes the hidden ones out of a list of `length` bytes in the reply's body. Returns what is left. */
export function withoutHidden(reply: Reply, length: number): number {
  let left = 0;
  for (let at = 0; at < length;) {
    let end = at;
    while (end < length && reply.byteAt(end) !== 0) end++;
    end++;
    if (!isHidden(reply, at)) {
      if (left !== at) reply.move(left, at, end - at);
      left += end - at;
    }
    at = end;
  }
  return left;
}

function isHidden(reply: Reply, at: number): boolean {
  for (let i = 0; i < HIDDEN.length; i++) {
    if (reply.byteAt(at + i) !== HIDDEN[i]) return false;
  }
  return true;
}

/** A value or a list of `length` bytes that is in the body already; its length alone where `size` is 0. */
export function answerSize(
  reply: Reply,
  size: number,
  length: number,
): Size | Errno {
  if (size === 0) return reply.size(length);
  return length > size || length > reply.room
    ? failure(ERANGE)
    : length as Size;
}
