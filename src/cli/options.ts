/**
 * The table of options. Parser, help and shell completions are made from it;
 * tests compare the manual page and the launcher with it.
 *
 * @module
 */
import { SECCOMP_ACTIONS } from "../jail/options.ts";
import { LOG_FORMATS, LOG_LEVELS } from "../log/log.ts";
import { METRICS_OPTIONS } from "./metrics.ts";

/** An option, by its long name. */
export interface Option {
  readonly short?: string;
  /** How the help calls its value; undefined for a switch. */
  readonly value?: string;
  /** All values that it can have, if they are few. */
  readonly choices?: readonly string[];
  /** What a shell completes its value with. */
  readonly completes?: "directory" | "file" | "user" | "group";
  /** The original helper has it, too: its abbreviations go before those of others. */
  readonly original?: true;
  /** It may be given several times, and all values count, not only the last. */
  readonly repeatable?: true;
  readonly help: string;
}

/** All options, in the order of the help. */
export const OPTIONS = {
  path: {
    short: "p",
    value: "DIR",
    completes: "directory",
    original: true,
    help: "the directory to share",
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
  readonly: { help: "let nobody write, not even through what is open" },
  "uid-map": {
    value: "MAP",
    repeatable: true,
    help: "GUEST:HOST:COUNT, the users to have; others are refused",
  },
  "gid-map": {
    value: "MAP",
    repeatable: true,
    help: "GUEST:HOST:COUNT, the groups to have; others are refused",
  },
  "map-root": {
    value: "USER",
    completes: "user",
    help: "USER of the host is the guest's root; others are refused",
  },
  modcaps: {
    value: "CHANGES",
    help: "change the seven capabilities: +SETFCAP:-MKNOD",
  },
  "no-devices": { help: "make no device nodes" },
  seccomp: {
    value: "ACTION",
    choices: SECCOMP_ACTIONS,
    help: "for forbidden calls: kill (default), log, errno, trap, none",
  },
  "print-sandbox": { help: "say what the jail is, as the kernel tells it" },
  "poll-max-us": {
    value: "N",
    help: "busy-wait for a request, N microseconds at most (0: never)",
  },
  ...METRICS_OPTIONS,
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
  ].join("\n");
}
