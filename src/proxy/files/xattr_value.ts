import { ENOBUFS, ERANGE } from "../../../ffi/errno.ts";
import { sizeT, USUAL_SIZE } from "../../../ffi/files.ts";
import { MAX_VALUE } from "../wire/protocol.ts";
import type { ReplyWriter } from "../wire/reply_writer.ts";
import {
  type Errno,
  failed,
  failure,
  type Size,
} from "../../../ffi/results.ts";

const WHOLE_REPLY = BigInt(MAX_VALUE);

/**
 * The room that the kernel is told of: what QEMU has, as the kernel clears as
 * much memory first (`do_getxattr()` of fs/xattr.c). Beyond what is usual it is
 * all that a reply has, as making a BigInt of `size` allocates.
 */
export function capacityFor(size: number): bigint {
  return size <= USUAL_SIZE ? sizeT(size) : WHOLE_REPLY;
}

/**
 * Answers LGETXATTR and LLISTXATTR: `result` is what the system call returned,
 * `size` the room that QEMU has.
 */
export function answerValue(
  reply: ReplyWriter,
  size: number,
  result: Size | Errno,
): Size | Errno {
  if (failed(result)) {
    return result === -ERANGE && size > MAX_VALUE ? failure(ENOBUFS) : result;
  }
  if (size === 0) {
    reply.word(0, result);
    return 4 as Size;
  }
  // Longer than asked for it would overflow QEMU's heap.
  return result > size ? failure(ERANGE) : reply.value16(result);
}
