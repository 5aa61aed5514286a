/**
 * Bugs that nobody has caught.
 *
 * @module
 */
import type { Log } from "../log/log.ts";
import { describeThrown } from "../log/thrown.ts";

/**
 * Logs what nobody has caught, and goes on: what serves is waited for by
 * `main()`, which catches what ends it. The runtime would end the process, take
 * itself apart first, for which it needs system calls that are forbidden, and
 * say it on stderr, which is nobody's in the background.
 */
export function surviveUncaught(log: Log): void {
  const tell = (event: Event, error: unknown): void => {
    event.preventDefault();
    log.error(`Cannot explain an error: ${describeThrown(error)}`);
  };
  addEventListener("error", (event) => tell(event, event.error));
  addEventListener("unhandledrejection", (event) => tell(event, event.reason));
}

/** `act`, with what it throws logged and nothing ended: for what the runtime calls by itself. */
export function surviving(log: Log, act: () => void): () => void {
  return () => {
    try {
      act();
    } catch (error) {
      log.error(`Cannot carry out a signal: ${describeThrown(error)}`);
    }
  };
}
