/**
 * The end by a bug.
 *
 * @module
 */
import type { Log } from "../log/log.ts";
import { describeThrown } from "../log/thrown.ts";

/**
 * Logs what nobody has caught, and ends with status 1 at once. The runtime
 * would say it on stderr, which is nobody's in the background; and it would
 * take itself apart first, for which it needs system calls that are forbidden.
 */
export function endOnUncaught(log: Log): void {
  const end = (event: Event, error: unknown): void => {
    event.preventDefault();
    log.error(`Cannot go on: ${describeThrown(error)}`);
    Deno.exit(1);
  };
  addEventListener("error", (event) => end(event, event.error));
  addEventListener("unhandledrejection", (event) => end(event, event.reason));
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
