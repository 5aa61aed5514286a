/**
 * The program: from arguments to an exit status.
 *
 * @module
 */
import { parseArguments, type ServeCommand } from "./cli/arguments.ts";
import { checkExport } from "./cli/checks.ts";
import { usage } from "./cli/options.ts";
import { Log } from "./log/log.ts";
import { stderrSink } from "./log/sinks.ts";
import { describeThrown } from "./log/thrown.ts";
import { PROXY } from "./proxy/front_end.ts";
import { serveExport } from "./run.ts";
import { VERSION } from "./version.ts";
import { UsageError } from "./errors.ts";

/** What follows the reason. All options would scroll it away. */
const TRY_HELP = 'Try "virtfs-proxy-helper --help" for all options.';

/** Runs the program; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  let log = new Log("info", "text", stderrSink("text"));
  try {
    const command = parseArguments(args);
    switch (command.kind) {
      case "help":
        console.log(usage());
        return 0;
      case "version":
        console.log(`virtfs-proxy-helper ${VERSION}`);
        return 0;
      case "serve":
        log = new Log(
          command.logLevel,
          command.logFormat,
          stderrSink(command.logFormat),
        );
        return await start(command, log);
    }
  } catch (error) {
    log.error(error instanceof Error ? error.message : describeThrown(error));
    if (error instanceof UsageError) console.error(TRY_HELP);
    return 1;
  }
}

async function start(command: ServeCommand, log: Log): Promise<number> {
  const { writable } = checkExport(command.path);
  const readOnly = command.jail.readOnly || !writable;
  return await serveExport(
    PROXY,
    { ...command, jail: { ...command.jail, readOnly } },
    log,
  );
}

if (import.meta.main) Deno.exit(await main(Deno.args));
