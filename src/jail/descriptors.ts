/**
 * Closes descriptors that the caller has left open.
 *
 * @module
 */
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { SocketCalls } from "../../ffi/socket.ts";

const STDERR = 2;

/**
 * Closes every inherited descriptor above stderr that is not in `keep`: if one
 * was a directory of the host, it would be a way out of the jail. A descriptor
 * is inherited if it has no FD_CLOEXEC: the runtime opens its own with it.
 *
 * To be called before the helper itself opens anything without FD_CLOEXEC.
 */
export function closeInherited(
  proc: ProcDirectory,
  sockets: SocketCalls,
  keep: readonly number[],
): void {
  // Not by close_range(2): the runtime's descriptors lie between them.
  for (const fd of proc.descriptors()) {
    if (fd > STDERR && !keep.includes(fd) && sockets.isInherited(fd)) {
      sockets.close(fd);
    }
  }
}
