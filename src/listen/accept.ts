/**
 * Waits for QEMU to connect.
 *
 * @module
 */
import { POLLIN } from "../../ffi/constants.ts";
import { EAGAIN, ECONNABORTED, EINTR, errnoText } from "../../ffi/errno.ts";
import type { ListenerCalls } from "../../ffi/listener.ts";
import type { Waiter } from "../polling/waiter.ts";
import type { Log } from "../log/log.ts";
import { FatalError } from "../errors.ts";
import type { Stop } from "../process/stop.ts";

/** What waiting needs. */
export interface Waiting {
  readonly listeners: ListenerCalls;
  readonly waiter: Waiter;
  readonly stop: Stop;
  readonly log: Log;
}

/**
 * Accepts the first client that runs as `uid` or as root; any client where
 * `uid` is undefined. Others are turned away. Returns undefined when asked to
 * stop before one came.
 *
 * @throws {FatalError}
 */
export async function acceptClient(
  { listeners, waiter, stop, log }: Waiting,
  listener: number,
  uid: number | undefined,
): Promise<number | undefined> {
  using _ = waiter.watch(listener, POLLIN);
  while (!stop.requested) {
    const fd = listeners.accept(listener);
    if (fd >= 0) {
      const peer = listeners.peer(fd);
      if (uid === undefined || peer.uid === uid || peer.uid === 0) {
        log.info(`Process ${peer.pid} of user ${peer.uid} has connected`, {
          ...peer,
        });
        return fd;
      }
      log.warning(
        `Turned away process ${peer.pid}: it runs as user ${peer.uid}, not ${uid}`,
        {
          ...peer,
        },
      );
      listeners.close(fd);
    } else if (fd !== -EAGAIN && fd !== -EINTR && fd !== -ECONNABORTED) {
      throw new FatalError(`Cannot accept a connection: ${errnoText(-fd)}`);
    }
    // Also where more are waiting: without a turn of the event loop no stop is seen.
    await waiter.wait(-1);
  }
  return undefined;
}
