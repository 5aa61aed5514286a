/**
 * What all programs of this checkout have in common: they clean up, answer
 * `--help`, refuse arguments that they do not know, and end with a status.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import {
  end,
  endByUncaught,
  listenToSignals,
  ProgramEnding,
} from "./clean_up.ts";
import { complain, say } from "./output.ts";

/** The exit status where the command line is wrong, as of virtfs-vhost-helper. */
const USAGE_STATUS = 2;

/** The command line is wrong; the message says where. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * Runs a program and exits.
 *
 * `--help` and `-h` before a `--` print `usage` and do nothing else. An error
 * is printed as its message, a line or a few, behind the name of a program that
 * is installed; it ends with 2 where the command line is wrong, else with 1.
 *
 * @param usage begins with `Usage: deno task NAME`, or `Usage: NAME` for a program
 * that is installed
 * @param run returns the exit status
 */
export async function runProgram(
  usage: string,
  run: (args: readonly string[]) => number | Promise<number>,
): Promise<never> {
  listenToSignals();
  endByUncaught((error) => message(error, usage));
  return await end(await status(usage, run));
}

async function status(
  usage: string,
  run: (args: readonly string[]) => number | Promise<number>,
): Promise<number> {
  try {
    if (wantsHelp(Deno.args)) {
      say(usage);
      return 0;
    }
    return await run(Deno.args);
  } catch (error) {
    await mayBeSignal();
    // The signal that has ended the program sets the status.
    if (!(error instanceof ProgramEnding)) complain(message(error, usage));
    return error instanceof UsageError ? USAGE_STATUS : 1;
  }
}

/**
 * Waits for a signal that may have caused an error: Ctrl-C goes to all processes
 * at the terminal, and the end of a child may be seen before the signal.
 */
async function mayBeSignal(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 200));
}

function wantsHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end)
    .some((word) => word === "--help" || word === "-h");
}

/** How the program is called, by its usage. */
function nameOf(usage: string): string {
  return /^Usage: ((?:deno task )?\S+)/.exec(usage)?.[1] ?? "";
}

/**
 * What is printed of an error. A log may have the messages of many programs, so
 * one that is installed says its name; a task's follow the command at once.
 */
function message(error: unknown, usage: string): string {
  const name = nameOf(usage);
  const isTask = name.startsWith("deno task ");
  return `${isTask ? "" : `${name}: error: `}${told(error, usage)}`;
}

/** An error in words. One that is a bug of the program comes with its stack. */
function told(error: unknown, usage: string): string {
  if (error instanceof SuppressedError) {
    // `error` comes from cleaning up after `suppressed`.
    return `${told(error.suppressed, usage)}\n${told(error.error, usage)}`;
  }
  if (!(error instanceof Error)) return String(error);
  if (error instanceof UsageError) {
    return `${error.message}. Try "${nameOf(usage)} --help"`;
  }
  const isBug = error instanceof TypeError || error instanceof RangeError ||
    error instanceof ReferenceError;
  return isBug ? error.stack ?? error.message : inWords(error.message);
}

const VERBS: Readonly<Record<string, string>> = {
  makedir: "make",
  mkdir: "make",
  open: "open",
  readfile: "read",
  remove: "remove",
  stat: "look at",
  writefile: "write",
};

/** Deno's `Permission denied (os error 13): mkdir 'dist'` as a sentence. */
function inWords(message: string): string {
  const [, reason, call = "", path] =
    /^(.+) \(os error \d+\): (\w+) '(.+)'$/.exec(message) ?? [];
  return path === undefined
    ? message
    : `Cannot ${VERBS[call] ?? call} ${path}: ${reason}`;
}

/**
 * For programs that take no arguments.
 *
 * @throws {UsageError} where there are some
 */
export function refuseArguments([first]: readonly string[]): void {
  if (first !== undefined) {
    throw new UsageError(
      `Cannot take ${JSON.stringify(first)}: no argument is known`,
    );
  }
}

/**
 * `parseArgs()` of node:util.
 *
 * @throws {UsageError} in a line, for what `config` does not have
 */
export function parse<T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The first sentence says what is wrong, the others how else it might be written.
    throw new UsageError(error.message.split(/\.(?:\s|$)/)[0]);
  }
}
