/**
 * What makes the helper end, and what it listens to besides.
 *
 * @module
 */
import type { Libc } from "../ffi/libc.ts";
import { openParent } from "../ffi/parent.ts";
import type { SYMBOLS } from "../ffi/symbols.ts";
import type { Waiter } from "../ffi/waiter.ts";
import type { Log } from "./log/log.ts";
import type { Stop } from "./loop/serve.ts";

const STOP_SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

interface Parts {
  readonly libc: Libc<typeof SYMBOLS>;
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
  { libc, waiter, log, dieWithParent }: Parts,
): Stop {
  const stop = { requested: false };
  const end = (why: string) => {
    log.info(`${why}: ending`);
    stop.requested = true;
    waiter.wake();
  };
  for (const signal of STOP_SIGNALS) {
    Deno.addSignalListener(signal, () => end(signal));
  }
  Deno.addSignalListener("SIGUSR1", () => {
    log.verbose = !log.verbose;
    log.info(`SIGUSR1: requests are ${log.verbose ? "" : "no longer "}traced`);
  });
  if (dieWithParent) {
    const parent = openParent(libc);
    const exited = () => end("The parent process has ended");
    if (parent === undefined) exited();
    else waiter.watchParent(parent, exited);
  }
  return stop;
}
