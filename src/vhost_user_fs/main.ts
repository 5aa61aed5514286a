/**
 * The program that takes virtiofsd's place: from arguments to an exit status.
 *
 * @module
 */
import { takeLibc } from "../../ffi/libc.ts";
import { checkExport } from "../cli/checks.ts";
import { UsageError } from "../errors.ts";
import { Log } from "../log/log.ts";
import { stderrSink } from "../log/sinks.ts";
import { describeThrown } from "../log/thrown.ts";
import { serveExport } from "../run.ts";
import { VERSION } from "../version.ts";
import { parseArguments, type ServeCommand } from "./cli/arguments.ts";
import { CAPABILITIES } from "./cli/capabilities.ts";
import { SHORT_USAGE, usage } from "./cli/options.ts";
import { vhostUserFs } from "./front_end.ts";
import { PROGRAM } from "./program.ts";

/** Of a command line that is wrong, as virtiofsd's. */
const USAGE_STATUS = 2;

/** Runs the program; returns its exit status. */
export async function main(args: readonly string[]): Promise<number> {
  let log = new Log("info", "text", stderrSink(PROGRAM, "text"));
  try {
    const command = parseArguments(args);
    switch (command.kind) {
      case "help":
        console.log(usage());
        return 0;
      case "version":
        console.log(`${PROGRAM} ${VERSION}`);
        return 0;
      case "capabilities":
        console.log(JSON.stringify(CAPABILITIES, undefined, 2));
        return 0;
      case "serve": {
        const { logLevel, logFormat } = command;
        log = new Log(logLevel, logFormat, stderrSink(PROGRAM, logFormat));
        return await serve(command, log);
      }
    }
  } catch (error) {
    log.error(error instanceof Error ? error.message : describeThrown(error));
    if (!(error instanceof UsageError)) return 1;
    console.error(SHORT_USAGE);
    return USAGE_STATUS;
  }
}

async function serve(command: ServeCommand, log: Log): Promise<number> {
  const { path, jail, files, tag, ...order } = command;
  const { writable } = checkExport(path);
  return await serveExport(vhostUserFs(files, tag), {
    ...order,
    path,
    foreground: true,
    devices: jail.ids === undefined,
    jail: { ...jail, readOnly: jail.readOnly || !writable },
  }, log);
}

if (import.meta.main) Deno.exit(await main(takeLibc(Deno.args)));
