/**
 * The option table, which exists once: parsing, help, manual page and shell
 * completions are made from it or held against it.
 *
 * @module
 */
import { LOG_FORMATS, LOG_LEVELS } from "../log/log.ts";

/** One option. */
export interface Option {
  readonly short?: string;
  /** The name of its value in the help; none for a switch. */
  readonly value?: string;
  /** What a value can be, where that is a short list. */
  readonly choices?: readonly string[];
  /** What a shell may complete a value with. */
  readonly completes?: "directory" | "file" | "user" | "group";
  /** The original helper has it: an abbreviation that could mean this means this. */
  readonly original?: true;
  readonly help: string;
}

/** All options, in the order of the help. */
export const OPTIONS = {
  path: {
    short: "p",
    value: "DIR",
    completes: "directory",
    original: true,
    help: "the directory to export",
  },
  fd: {
    short: "f",
    value: "FD",
    original: true,
    help: "serve the peer of this inherited socket",
  },
  socket: {
    short: "s",
    value: "SOCKET",
    completes: "file",
    original: true,
    help: "serve the first who connects to this new socket",
  },
  uid: {
    short: "u",
    value: "UID",
    completes: "user",
    original: true,
    help: "owner of SOCKET, who may connect; a name or a number",
  },
  gid: {
    short: "g",
    value: "GID",
    completes: "group",
    original: true,
    help: "group of SOCKET; a name or a number",
  },
  nodaemon: {
    short: "n",
    original: true,
    help: "stay in the foreground, log to stderr, not to syslog",
  },
  "pid-file": {
    value: "FILE",
    completes: "file",
    help: "write the process id to FILE, and keep it locked",
  },
  "die-with-parent": { help: "end when the calling process does (with -n)" },
  "log-level": {
    value: "LEVEL",
    choices: LOG_LEVELS,
    help: `${LOG_LEVELS.join(", ")} (default: info)`,
  },
  "log-format": {
    value: "FORMAT",
    choices: LOG_FORMATS,
    help: `${LOG_FORMATS.join(", ")} (default: text)`,
  },
  help: { short: "h", help: "show this and exit" },
  version: { help: "show the version and exit" },
} as const satisfies Readonly<Record<string, Option>>;

/** The name of an option, without dashes. */
export type OptionName = keyof typeof OPTIONS;

/** What `--help` prints. */
export function usage(): string {
  const rows = Object.entries<Option>(OPTIONS).map(
    ([name, { short, value, help }]) => {
      const left = `${short ? `-${short},` : "   "} --${name}${
        value ? ` ${value}` : ""
      }`;
      return `  ${left.padEnd(24)} ${help}`;
    },
  );
  return [
    "Usage: virtfs-proxy-helper -p DIR {-f FD | -s SOCKET -u UID -g GID} [OPTION]...",
    "Serve the host directory DIR to QEMU's 9p proxy driver.",
    "",
    ...rows,
    "",
    "A socket passed by systemd is used where neither -f nor -s is given.",
    "SIGUSR1 switches the trace of requests (log level debug) on and off.",
  ].join("\n");
}
