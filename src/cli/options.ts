/**
 * The option table, which exists once: parsing and help are made from it.
 *
 * @module
 */
import { LOG_LEVELS } from "../log.ts";

interface Option {
  readonly short?: string;
  /** The name of its value in the help; none for a switch. */
  readonly value?: string;
  readonly help: string;
}

/** All options, in the order of the help. */
export const OPTIONS = {
  path: { short: "p", value: "DIR", help: "the directory to export" },
  fd: {
    short: "f",
    value: "FD",
    help: "the inherited socket that QEMU has the other end of",
  },
  nodaemon: { short: "n", help: "stay in the foreground" },
  socket: { short: "s", value: "SOCKET", help: "not yet: make a named socket" },
  uid: { short: "u", value: "UID", help: "not yet: the owner of that socket" },
  gid: { short: "g", value: "GID", help: "not yet: the group of that socket" },
  "log-level": {
    value: "LEVEL",
    help: `how much to say: ${LOG_LEVELS.join(", ")} (default: info)`,
  },
  help: { short: "h", help: "show this and exit" },
  version: { help: "show the version and exit" },
} as const satisfies Readonly<Record<string, Option>>;

/** The name of an option, without dashes. */
export type OptionName = keyof typeof OPTIONS;

/** What `--help` prints, and after a wrong command line stderr. */
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
    "Usage: virtfs-proxy-helper -n -p DIR -f FD",
    "Serve the host directory DIR to QEMU's 9p proxy driver.",
    "",
    ...rows,
    "",
    "Without write access to DIR granted to Deno (--allow-write), the export is read-only.",
  ].join("\n");
}
