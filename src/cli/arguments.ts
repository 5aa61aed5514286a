/**
 * Arguments as typed values.
 *
 * @module
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { LOG_LEVELS, type LogLevel } from "../log.ts";
import { type OptionName, OPTIONS } from "./options.ts";

/** The command line is wrong; the message says what to do. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** What to do. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | {
    readonly kind: "serve";
    readonly path: string;
    readonly fd: number;
    readonly logLevel: LogLevel;
  };

/**
 * Reads a command line.
 *
 * @throws {UsageError}
 */
export function parseArguments(args: readonly string[]): Command {
  const values = parse(args);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  for (const name of ["socket", "uid", "gid"] as const) {
    if (values[name] !== undefined) {
      throw new UsageError(
        `Cannot use --${name}: named sockets are not supported yet; pass a connected socket with -f FD`,
      );
    }
  }
  const path = needed(
    values.path,
    "no directory to export was given",
    "-p DIR",
  );
  const fd = needed(values.fd, "no socket was given", "-f FD");
  if (values.nodaemon !== true) {
    throw new UsageError(
      "Cannot go to the background: not supported yet; add -n",
    );
  }
  return {
    kind: "serve",
    path,
    fd: descriptor(fd),
    logLevel: logLevel(values["log-level"] ?? "info"),
  };
}

type Values = { readonly [Name in OptionName]?: string | boolean };
type Typed = {
  readonly [Name in OptionName]?:
    | ((typeof OPTIONS)[Name] extends { readonly value: string } ? string
      : boolean)
    | undefined;
};

function parse(args: readonly string[]): Typed {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, option] of Object.entries(OPTIONS)) {
    options[name] = {
      type: "value" in option ? "string" : "boolean",
      ..."short" in option ? { short: option.short } : {},
    };
  }
  try {
    const { values } = parseArgs({
      args: [...args],
      options,
      allowPositionals: true,
    });
    return values as Values as Typed;
  } catch (error) {
    throw new UsageError(
      error instanceof Error ? error.message : String(error),
    );
  }
}

function needed(
  value: string | undefined,
  what: string,
  option: string,
): string {
  if (value !== undefined && value !== "") return value;
  throw new UsageError(`Cannot start: ${what}; add ${option}`);
}

function descriptor(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new UsageError(
      `Cannot use descriptor ${text}: not a number; give the one that the socket was inherited as`,
    );
  }
  return Number(text);
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) {
    throw new UsageError(
      `Cannot log at level ${text}: not one of ${LOG_LEVELS.join(", ")}`,
    );
  }
  return level;
}
