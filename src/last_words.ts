/**
 * The end by a bug.
 *
 * @module
 */
import type { Log } from "./log/log.ts";

/**
 * Logs what nobody has caught, and ends with status 1 at once. The runtime
 * would say it on stderr, which is nobody's in the background; and it would
 * take itself apart first, for which it needs system calls that are forbidden.
 */
export function endOnUncaught(log: Log): void {
  const end = (event: Event, error: unknown): void => {
    event.preventDefault();
    const what = error instanceof Error ? error.stack ?? error.message : error;
    log.error(`Cannot go on: ${what}`);
    Deno.exit(1);
  };
  addEventListener("error", (event) => end(event, event.error));
  addEventListener("unhandledrejection", (event) => end(event, event.reason));
}
