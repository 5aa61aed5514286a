/**
 * Signals, and the end of the parent.
 *
 * @module
 */
import type { SpawnCalls } from "../../ffi/spawn.ts";
import type { Waiter } from "../polling/waiter.ts";
import { surviving } from "./last_words.ts";
import type { Log } from "../log/log.ts";
import { watchParent } from "./parent.ts";

const STOP_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

interface Parts {
  readonly spawn: SpawnCalls;
  readonly waiter: Waiter;
  readonly log: Log;
  readonly dieWithParent: boolean;
}

/**
 * Listens for signals, and for the parent's end if asked to.
 *
 * @throws {SystemError} where the parent can't be watched
 */
export function stopOnDemand(
  { spawn, waiter, log, dieWithParent }: Parts,
): Stop {
  const stop = { requested: false };
  const end = (why: string) => {
    stop.requested = true;
    waiter.wake();
    log.info(`${why}: ending`);
  };
  for (const signal of STOP_SIGNALS) {
    Deno.addSignalListener(signal, surviving(log, () => end(signal)));
  }
  Deno.addSignalListener(
    "SIGUSR1",
    surviving(log, () => {
      log.verbose = !log.verbose;
      log.info(
        `SIGUSR1: requests are ${log.verbose ? "" : "no longer "}traced`,
      );
    }),
  );
  if (dieWithParent) {
    const exited = surviving(log, () => end("The parent process has ended"));
    watchParent(spawn, waiter, exited);
  }
  return stop;
}

/** How the loop is asked to end, by a signal say. */
export interface Stop {
  readonly requested: boolean;
}
