/**
 * Parses the command line into typed values, and refuses what can't be meant.
 *
 * @module
 */
import {
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
} from "../log/log.ts";
import {
  type CapabilityBits,
  capabilityBits,
  without,
} from "../../ffi/capabilities.ts";
import { SEVEN } from "../identity.ts";
import {
  DEFAULT_JAIL,
  type JailOptions,
  SECCOMP_ACTIONS,
} from "../jail/options.ts";
import { changeCapabilities } from "./capability_changes.ts";
import type { MetricsOptions } from "../metrics/metrics.ts";
import { getopt } from "./getopt.ts";
import { checkOwner, idMapping } from "./id_ranges.ts";
import { metricsOptions } from "./metrics.ts";
import { suggestion } from "./nearest.ts";
import { type OptionName, OPTIONS } from "./options.ts";
import { UsageError } from "../errors.ts";

/** Where the connection to QEMU comes from. */
export type Source =
  /** Inherited as descriptor `fd`: a connection, or, where that is asked for, perhaps a listening socket. */
  | {
    readonly kind: "descriptor";
    readonly fd: number;
    readonly mayListen?: true;
  }
  /** Accepted on a socket that the helper makes. */
  | {
    readonly kind: "named";
    readonly path: string;
    /** Of its owner: a number, or a name to be looked up. */
    readonly uid: string;
    readonly gid: string;
  }
  /** Accepted on a socket as virtiofsd makes it: locked by a file beside it, for root or for a group. */
  | {
    readonly kind: "locked";
    readonly path: string;
    /** A number, or a name to be looked up. */
    readonly group: string | undefined;
  }
  /** Passed by systemd, sd_listen_fds(3): a connection, or a listening socket, to which only `uid` may connect if it is given. */
  | { readonly kind: "passed"; readonly uid?: string };

/** What to serve, and how. */
export interface ServeCommand {
  readonly kind: "serve";
  readonly path: string;
  readonly source: Source;
  readonly foreground: boolean;
  readonly pidFile?: string;
  readonly dieWithParent: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly jail: JailOptions;
  /** Whether the guest may make device nodes. */
  readonly devices: boolean;
  readonly printSandbox: boolean;
  readonly metrics: MetricsOptions;
  /** How long to busy-wait for a request at most, in µs; undefined for the default. */
  readonly pollMaxUs?: number;
}

/** What to do. */
type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | ServeCommand;

/** The length of `sun_path`, unix(7), without the NUL. */
const MAX_SOCKET_PATH = 107;

/** The largest int: the kernel has no higher descriptors. */
const MAX_DESCRIPTOR = 0x7fff_ffff;

/** The largest `--poll-max-us`: longer busy waits gain nothing. */
const MAX_POLL_US = 1000;

/** What {@linkcode getopt} returns for the option table. */
type Values = {
  readonly [Name in OptionName]?:
    | ((typeof OPTIONS)[Name] extends { readonly repeatable: true }
      ? readonly string[]
      : (typeof OPTIONS)[Name] extends { readonly value: string } ? string
      : true)
    | undefined;
};

/**
 * Reads a command line.
 *
 * @throws {UsageError}
 */
export function parseArguments(args: readonly string[]): Command {
  const values = getopt(args, OPTIONS) as Values;
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  if (!values.path) {
    throw new UsageError(
      "Cannot start: no directory to share was given; add -p DIR",
    );
  }
  const foreground = values.nodaemon === true;
  if (values["die-with-parent"] && !foreground) {
    throw new UsageError(
      "Cannot use --die-with-parent without -n: in the background the parent is gone as soon as the helper serves",
    );
  }
  const pidFile = values["pid-file"];
  return {
    kind: "serve",
    path: values.path,
    source: source(values),
    foreground,
    ...pidFile === undefined ? {} : { pidFile },
    dieWithParent: values["die-with-parent"] === true,
    logLevel: choice(
      "log with level",
      values["log-level"] ?? "info",
      LOG_LEVELS,
    ),
    logFormat: choice(
      "log with format",
      values["log-format"] ?? "text",
      LOG_FORMATS,
    ),
    jail: jailOptions(values),
    devices: allowsDevices(values),
    printSandbox: values["print-sandbox"] === true,
    metrics: metricsOptions(values),
    ...pollMaxUs(values["poll-max-us"]),
  };
}

function jailOptions(values: Values): JailOptions {
  return {
    readOnly: values.readonly === true,
    ids: idMapping(values),
    capabilities: capabilities(values),
    seccomp: choice(
      "use the seccomp action",
      values.seccomp ?? DEFAULT_JAIL.seccomp,
      SECCOMP_ACTIONS,
    ),
  };
}

function capabilities(values: Values): CapabilityBits {
  const changed = values.modcaps === undefined
    ? SEVEN
    : changeCapabilities(SEVEN, values.modcaps);
  // Without the capability the kernel refuses devices, too, not only the handler.
  return allowsDevices(values)
    ? changed
    : without(changed, capabilityBits(["MKNOD"]));
}

/**
 * Whether the guest may make device nodes. Not with mapped ids: on the host a
 * node belongs to the user that its owner is mapped to, who could open the
 * device and may have no right to it.
 */
function allowsDevices(values: Values): boolean {
  return values["no-devices"] !== true && values["uid-map"] === undefined &&
    values["map-root"] === undefined;
}

/** The value of `--poll-max-us`, to be spread. */
export function pollMaxUs(
  text: string | undefined,
): { pollMaxUs?: number } {
  if (text === undefined) return {};
  if (!/^\d{1,9}$/.test(text) || Number(text) > MAX_POLL_US) {
    throw new UsageError(
      `Cannot use --poll-max-us ${text}: not a number from 0 to ${MAX_POLL_US}`,
    );
  }
  return { pollMaxUs: Number(text) };
}

function source({ fd, socket, uid, gid }: Values): Source {
  for (const id of [uid, gid]) checkOwner(id);
  if (fd !== undefined && socket !== undefined) {
    throw new UsageError(
      "Cannot use -f and -s together: give an inherited socket or the name of a new one",
    );
  }
  if (fd !== undefined) return { kind: "descriptor", fd: descriptor(fd) };
  if (socket === undefined) {
    return uid === undefined ? { kind: "passed" } : { kind: "passed", uid };
  }
  if (uid === undefined || gid === undefined) {
    throw new UsageError(
      `Cannot make ${socket}: who is to own it? Add -u UID and -g GID, of the user that QEMU runs as`,
    );
  }
  checkSocketPath(socket);
  return { kind: "named", path: socket, uid, gid };
}

/** @throws {UsageError} where the kernel has no room for it, or it is empty */
export function checkSocketPath(socket: string): void {
  const { length } = new TextEncoder().encode(socket);
  if (length > 0 && length <= MAX_SOCKET_PATH) return;
  if (length === 0) {
    throw new UsageError(
      "Cannot make a socket without a name: the one that was given is empty",
    );
  }
  throw new UsageError(
    `Cannot make ${socket}: a socket's path has 1 to ${MAX_SOCKET_PATH} bytes, not ${length}`,
  );
}

/** @throws {UsageError} where it is no number, or none that a process can have */
export function descriptor(text: string): number {
  const why = !/^\d+$/.test(text)
    ? "not a number"
    : Number(text) > MAX_DESCRIPTOR
    ? "no descriptor has so high a number"
    : undefined;
  if (why === undefined) return Number(text);
  throw new UsageError(
    `Cannot use descriptor ${text}: ${why}; give the one that the socket was inherited as`,
  );
}

function choice<T extends string>(
  what: string,
  text: string,
  choices: readonly T[],
): T {
  const found = choices.find((known) => known === text);
  if (found === undefined) {
    throw new UsageError(
      `Cannot ${what} ${text}: not one of ${choices.join(", ")}${
        suggestion(text, choices)
      }`,
    );
  }
  return found;
}
