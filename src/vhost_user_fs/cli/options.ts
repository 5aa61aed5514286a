/**
 * The option table: virtiofsd 1.14's options, and some of our own. The command
 * line and the help are made from it; the manual is held against it.
 *
 * @module
 */
import { METRICS_OPTIONS } from "../../cli/metrics.ts";
import { SECCOMP_ACTIONS } from "../../jail/options.ts";
import { LOG_FORMATS } from "../../log/log.ts";
import type { CachePolicy } from "../options.ts";
import { PROGRAM } from "../program.ts";

/** One option. */
export interface Option {
  readonly short?: string;
  /** The name of its value in the help; none for a switch. */
  readonly value?: string;
  /** The values that there are. */
  readonly choices?: readonly string[];
  /** What a shell completes its value with. */
  readonly completes?: "directory" | "file" | "user" | "group";
  /** Capitals count as small letters. */
  readonly anyCase?: true;
  /** The value may be left out and follows `=`, never a space: what its absence means. */
  readonly bare?: string;
  /** The value follows `=`, never a space. */
  readonly equals?: true;
  /** It switches that one off. */
  readonly negates?: string;
  /** All values count, not only the last. */
  readonly repeatable?: true;
  /** virtiofsd does not have it. */
  readonly own?: true;
  readonly help: string;
}

/** What the guest may keep, as `--cache` takes it. */
export const CACHES: readonly CachePolicy[] = [
  "auto",
  "always",
  "never",
  "metadata",
];
/** From the gravest to the chattiest, as virtiofsd calls them. */
export const LEVELS = ["off", "error", "warn", "info", "debug", "trace"];
export const SANDBOXES = ["namespace", "chroot", "none"];
/** `fallback` is an older name of `prefer`. */
export const HANDLES = ["never", "prefer", "fallback", "mandatory"];
/** Whether something is used if the guest can, or in any case. */
export const NEGOTIATIONS = ["never", "auto", "always"];

/** All options, in the order of the help. */
export const OPTIONS = {
  "shared-dir": {
    value: "DIR",
    completes: "directory",
    help: "the directory to share",
  },
  fd: {
    value: "FD",
    help: "serve on this inherited socket, listening or connected",
  },
  "socket-path": {
    value: "SOCKET",
    completes: "file",
    help: "serve the first who connects to this new socket",
  },
  socket: {
    value: "SOCKET",
    completes: "file",
    help: "as --socket-path, deprecated",
  },
  "socket-group": {
    value: "GROUP",
    completes: "group",
    help: "the group that may connect to SOCKET, beside root",
  },
  tag: {
    value: "TAG",
    help: "the device's tag, where the VMM asks for it (crosvm)",
  },
  "thread-pool-size": {
    value: "N",
    help: "no effect: one thread serves all requests",
  },
  xattr: { help: "let the guest have extended attributes" },
  "posix-acl": {
    value: "MODE",
    choices: NEGOTIATIONS,
    bare: "always",
    help: "have ACLs: never (default), auto: if the guest can, always",
  },
  "security-label": {
    value: "MODE",
    choices: NEGOTIATIONS,
    bare: "always",
    help: "never: there are no security labels yet",
  },
  xattrmap: {
    value: "RULES",
    help: "refused: attributes can't be renamed yet",
  },
  sandbox: {
    value: "MODE",
    choices: SANDBOXES,
    anyCase: true,
    help: "no effect: there is one jail, and it is always used",
  },
  seccomp: {
    value: "ACTION",
    choices: SECCOMP_ACTIONS,
    help: "for forbidden calls: kill (default), log, errno, trap, none",
  },
  "announce-submounts": {
    help: "tell the guest of mounts in DIR (default)",
  },
  "no-announce-submounts": {
    negates: "announce-submounts",
    help: "do not tell the guest of mounts in DIR",
  },
  "inode-file-handles": {
    value: "MODE",
    choices: HANDLES,
    equals: true,
    help: "no effect: inodes are kept by descriptors",
  },
  cache: {
    value: "POLICY",
    choices: CACHES,
    anyCase: true,
    help: "what the guest may keep: auto (default), always, never, metadata",
  },
  "allow-mmap": {
    help: "let files that are not cached be mapped and shared",
  },
  "no-readdirplus": { help: "list names without attributes" },
  writeback: { help: "no effect: the guest writes through" },
  "allow-direct-io": { help: "pass the guest's O_DIRECT on to the host" },
  "print-capabilities": { help: "print what libvirt asks for, and exit" },
  version: { short: "V", help: "print the version, and exit" },
  help: { short: "h", help: "print this, and exit" },
  modcaps: {
    value: "CHANGES",
    help: "change the seven capabilities: +setfcap:-mknod",
  },
  "log-level": {
    value: "LEVEL",
    choices: LEVELS,
    anyCase: true,
    help: "error, warn, info (default), debug",
  },
  syslog: { help: "log to syslog, not to stderr" },
  "rlimit-nofile": {
    value: "N",
    help: "open files at most (default: up to 1000000; 0: as they are)",
  },
  "killpriv-v2": {
    help: "clear set-id bits when the guest says so",
  },
  "no-killpriv-v2": {
    negates: "killpriv-v2",
    help: "leave them to the guest (default)",
  },
  "uid-map": {
    value: "MAP",
    repeatable: true,
    help: ":GUEST:HOST:COUNT:, the same as --map-uid",
  },
  "gid-map": {
    value: "MAP",
    repeatable: true,
    help: ":GUEST:HOST:COUNT:, the same as --map-gid",
  },
  "translate-uid": {
    value: "RULE",
    repeatable: true,
    help: "map:GUEST:HOST:COUNT, all others forbid-guest:GUEST:COUNT",
  },
  "translate-gid": {
    value: "RULE",
    repeatable: true,
    help: "map:GUEST:HOST:COUNT and the like for groups",
  },
  readonly: { help: "let nobody write" },
  "preserve-noatime": { help: "pass the guest's O_NOATIME on to the host" },
  "migration-mode": {
    value: "MODE",
    choices: ["find-paths", "file-handles"],
    help: "no effect: the VM can't be migrated",
  },
  "migration-on-error": {
    value: "ACTION",
    choices: ["abort", "guest-error"],
    help: "no effect: the VM can't be migrated",
  },
  "migration-verify-handles": { help: "no effect: the VM can't be migrated" },
  "migration-confirm-paths": { help: "no effect: the VM can't be migrated" },
  debug: { short: "d", help: "the same as --log-level debug" },
  foreground: { short: "f", help: "no effect: it is always in the foreground" },
  compat: {
    short: "o",
    value: "WORDS",
    repeatable: true,
    help: "options as the first virtiofsd had them, deprecated",
  },
  "map-uid": {
    value: "MAP",
    repeatable: true,
    own: true,
    help: "GUEST:HOST:COUNT, the users to have; others are refused",
  },
  "map-gid": {
    value: "MAP",
    repeatable: true,
    own: true,
    help: "GUEST:HOST:COUNT, the groups to have; others are refused",
  },
  "map-root": {
    value: "USER",
    completes: "user",
    own: true,
    help: "USER of the host is the guest's root; others are refused",
  },
  reconnect: {
    own: true,
    help: "when a client has gone, wait for another one",
  },
  "poll-max-us": {
    value: "N",
    own: true,
    help: "busy-wait for a request, N microseconds at most (0: never)",
  },
  "print-sandbox": {
    own: true,
    help: "say what the jail is, as the kernel tells it",
  },
  "metrics-file": { ...METRICS_OPTIONS["metrics-file"], own: true },
  "metrics-interval": { ...METRICS_OPTIONS["metrics-interval"], own: true },
  stats: { ...METRICS_OPTIONS.stats, own: true },
  "die-with-parent": {
    own: true,
    help: "end when the calling process does",
  },
  "log-format": {
    value: "FORMAT",
    own: true,
    choices: LOG_FORMATS,
    help: `${LOG_FORMATS.join(", ")} (default: text)`,
  },
} as const satisfies Readonly<Record<string, Option>>;

/** The name of an option, without dashes. */
export type OptionName = keyof typeof OPTIONS;

/** An option as it was given: a switch is on or off, others have a value. */
export type Given = readonly [name: OptionName, value: string | boolean];

/** Options that exist by their letter only: virtiofsd has no long name for them. */
const LETTERS_ONLY: readonly string[] = ["debug", "foreground", "compat"];

/** Whether `--name` is one. */
export function isLongOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name) && !LETTERS_ONLY.includes(name);
}

/** The names of those. */
export const LONG_OPTIONS: readonly string[] = Object.keys(OPTIONS).filter(
  isLongOption,
);

/** Follows a usage error. The list of all options would push the error off the screen. */
export const SHORT_USAGE =
  `Usage: ${PROGRAM} --shared-dir DIR {--fd FD | --socket-path SOCKET} [OPTION]...
Try "${PROGRAM} --help" for all options.`;

/** What `--help` prints. */
export function usage(): string {
  const rows = (own: boolean) =>
    Object.entries<Option>(OPTIONS).filter(([, option]) =>
      (option.own === true) === own
    ).map(([name, { short, value, bare, equals, help }]) => {
      const long = isLongOption(name)
        ? `--${name}${
          value === undefined
            ? ""
            : bare !== undefined
            ? `[=${value}]`
            : equals
            ? `=${value}`
            : ` ${value}`
        }`
        : value ?? "";
      const left = short === undefined
        ? `    ${long}`
        : `-${short}${isLongOption(name) ? "," : ""} ${long}`;
      return `  ${left.padEnd(32)} ${help}`;
    });
  return [
    SHORT_USAGE.split("\n")[0],
    "Share the directory DIR with a guest by vhost-user-fs, in the place of virtiofsd.",
    "",
    ...rows(false),
    "",
    "What virtiofsd does not have:",
    ...rows(true),
  ].join("\n");
}
