/**
 * Waits for a client, QEMU, to connect.
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

/** What {@linkcode acceptClient} needs. */
export interface Waiting {
  readonly listeners: ListenerCalls;
  readonly waiter: Waiter;
  readonly stop: Stop;
  readonly log: Log;
}

/**
 * Accepts the first client that runs as root or as `uid`, if that is not
 * undefined, and closes the connections of all others. Returns undefined if a
 * stop is requested before.
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
        const message = `Process ${peer.pid} of user ${peer.uid} has connected`;
        log.info(message, { ...peer });
        return fd;
      }
      log.warning(
        `Turned away process ${peer.pid}: it runs as user ${peer.uid}, not ${uid}`,
        { ...peer },
      );
      listeners.close(fd);
    } else if (fd !== -EAGAIN && fd !== -EINTR && fd !== -ECONNABORTED) {
      throw new FatalError(`Cannot accept a connection: ${errnoText(-fd)}`);
    }
    // Even if another client waits already: only a turn of the event loop shows a stop.
    await waiter.wait(-1);
  }
  return undefined;
}
