/**
 * The program: from arguments to an exit status.
 *
 * @module
 */
import { takeLibc } from "../ffi/libc.ts";
import { parseArguments } from "./cli/arguments.ts";
import { checkExport } from "./cli/checks.ts";
import { usage } from "./cli/options.ts";
import { Log } from "./log/log.ts";
import { stderrSink } from "./log/sinks.ts";
import { describeThrown } from "./log/thrown.ts";
import { PROXY } from "./proxy/front_end.ts";
import { serveExport } from "./run.ts";
import { VERSION } from "./version.ts";
import { UsageError } from "./errors.ts";

/** Follows a usage error. The list of all options would push the error off the screen. */
const TRY_HELP = 'Try "virtfs-proxy-helper --help" for all options.';

/** Runs the program; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  let log = new Log("info", "text", stderrSink(PROXY.program, "text"));
  try {
    const command = parseArguments(args);
    switch (command.kind) {
      case "help":
        console.log(usage());
        return 0;
      case "version":
        console.log(`${PROXY.program} ${VERSION}`);
        return 0;
      case "serve": {
        const { path, jail, logLevel, logFormat } = command;
        log = new Log(
          logLevel,
          logFormat,
          stderrSink(PROXY.program, logFormat),
        );
        const { writable } = checkExport(path);
        const readOnly = jail.readOnly || !writable;
        const order = { ...command, jail: { ...jail, readOnly } };
        return await serveExport(PROXY, order, log);
      }
    }
  } catch (error) {
    log.error(error instanceof Error ? error.message : describeThrown(error));
    if (error instanceof UsageError) console.error(TRY_HELP);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(takeLibc(Deno.args)));
