/**
 * Bugs that nobody has caught.
 *
 * @module
 */
import type { Log } from "../log/log.ts";
import { describeThrown } from "../log/thrown.ts";

/**
 * Logs what nobody has caught, and goes on: serving itself is awaited by
 * `main()`, which catches its errors. Else the runtime would end the process: it
 * would make system calls for that which are forbidden, and report on stderr,
 * which nobody reads in the background.
 */
export function surviveUncaught(log: Log): void {
  const tell = (event: Event, error: unknown): void => {
    event.preventDefault();
    log.error(`Cannot explain an error: ${describeThrown(error)}`);
  };
  addEventListener("error", (event) => tell(event, event.error));
  addEventListener("unhandledrejection", (event) => tell(event, event.reason));
}

/** `act`, but what it throws is logged: for what the runtime calls, which would end the process. */
export function surviving(log: Log, act: () => void): () => void {
  return () => {
    try {
      act();
    } catch (error) {
      log.error(`Cannot carry out a signal: ${describeThrown(error)}`);
    }
  };
}
