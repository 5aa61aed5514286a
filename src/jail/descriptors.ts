/**
 * Descriptors that the caller left open.
 *
 * @module
 */
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { SocketCalls } from "../../ffi/socket.ts";

const STDERR = 2;

/**
 * Closes every inherited descriptor above stderr that is not in `keep`: a
 * directory of the host among them would be a way out of the jail. The
 * runtime's own are none of them, it opens everything with O_CLOEXEC.
 *
 * To be called first thing, before there is anything of our own.
 */
export function closeInherited(
  proc: ProcDirectory,
  sockets: SocketCalls,
  keep: readonly number[],
): void {
  // One by one and not by close_range(2), as the runtime's lie between them.
  for (const fd of proc.descriptors()) {
    if (fd > STDERR && !keep.includes(fd) && sockets.isInherited(fd)) {
      sockets.close(fd);
    }
  }
}
