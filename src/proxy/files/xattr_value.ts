/**
 * What LGETXATTR and LLISTXATTR have in common.
 *
 * @module
 */
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
 * The capacity to tell the kernel: `size`, and no more than needed, as the kernel
 * clears that much memory first (`do_getxattr()` of fs/xattr.c). For a large size
 * it is that of a reply, as a BigInt for each size would have to be allocated.
 */
export function capacityFor(size: number): bigint {
  return size <= USUAL_SIZE ? sizeT(size) : WHOLE_REPLY;
}

/**
 * Completes the reply. @param size what QEMU has room for; 0 asks for the length
 * @param result what the system call returned
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
  // A longer value would overflow QEMU's heap.
  return result > size ? failure(ERANGE) : reply.value16(result);
}
