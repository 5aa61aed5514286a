/**
 * Turns options into typed values, and refuses what can't be meant or can't be
 * had.
 *
 * @module
 */
import { capabilityBits, without } from "../../../ffi/capabilities.ts";
import {
  checkSocketPath,
  descriptor,
  pollMaxUs,
  type Source,
} from "../../cli/arguments.ts";
import { changeCapabilities } from "../../cli/capability_changes.ts";
import { checkOwner, idMapping } from "../../cli/id_ranges.ts";
import { metricsOptions } from "../../cli/metrics.ts";
import { UsageError } from "../../errors.ts";
import { SEVEN } from "../../identity.ts";
import type { IdMappingOption } from "../../jail/id_mapping.ts";
import {
  DEFAULT_JAIL,
  type FileLimit,
  type JailOptions,
  type SeccompAction,
} from "../../jail/options.ts";
import type { LogFormat, LogLevel } from "../../log/log.ts";
import type { MetricsOptions } from "../../metrics/metrics.ts";
import type { FileOptions } from "../front_end.ts";
import { type AclPolicy, type CachePolicy, MIN_FILES } from "../options.ts";
import { namespaceIds, translatedIds } from "./id_translation.ts";
import { parseOptions, type Values } from "./parse.ts";
import { withoutEffect } from "./without_effect.ts";

/** What to share, and how. */
export interface ServeCommand {
  readonly kind: "serve";
  readonly path: string;
  readonly source: Source;
  readonly files: FileOptions;
  readonly tag?: string | undefined;
  readonly jail: JailOptions;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly syslog: boolean;
  readonly dieWithParent: boolean;
  readonly reconnect: boolean;
  readonly printSandbox: boolean;
  readonly metrics: MetricsOptions;
  readonly pollMaxUs?: number;
  /** What was asked for and changes nothing, or is deprecated: for the log. */
  readonly notes: readonly string[];
}

/** What to do. */
export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "capabilities" }
  | ServeCommand;

/** As virtiofsd has it. */
const DEFAULT_FILES: FileLimit = { count: 1_000_000, required: false };
/** Bytes of a tag in the device's configuration. */
const MAX_TAG = 36;

/** The helper's levels for those of virtiofsd. */
const LOG_LEVELS: Readonly<Record<string, LogLevel>> = {
  off: "error",
  error: "error",
  warn: "warning",
  info: "info",
  debug: "debug",
  trace: "debug",
};

/**
 * Reads a command line.
 *
 * @throws {UsageError}
 */
export function parseArguments(args: readonly string[]): Command {
  // Whoever asks for it may say other things, which then mean nothing.
  if (args.includes("--print-capabilities")) return { kind: "capabilities" };
  if (args.some((arg) => arg === "--help" || arg === "-h")) {
    return { kind: "help" };
  }
  const values = parseOptions(args);
  if (values.help) return { kind: "help" };
  if (values.version) return { kind: "version" };
  const path = values["shared-dir"];
  if (!path) {
    throw new UsageError(
      "Cannot start: no directory to share was given; add --shared-dir DIR",
    );
  }
  refuseMissing(values);
  checkValues(values);
  return {
    kind: "serve",
    path,
    source: source(values),
    files: files(values),
    tag: values.tag,
    jail: jail(values),
    logLevel: values.debug
      ? "debug"
      : LOG_LEVELS[values["log-level"] ?? "info"]!,
    logFormat: (values["log-format"] ?? "text") as LogFormat,
    syslog: values.syslog === true,
    dieWithParent: values["die-with-parent"] === true,
    reconnect: values.reconnect === true,
    printSandbox: values["print-sandbox"] === true,
    metrics: metricsOptions(values),
    ...pollMaxUs(values["poll-max-us"]),
    notes: withoutEffect(values),
  };
}

/** What is not there, and would be missed. */
function refuseMissing(values: Values): void {
  const { xattrmap } = values;
  if (xattrmap !== undefined) {
    throw new UsageError(
      `Cannot use --xattrmap ${xattrmap}: this program can't rename attributes yet, and a guest would have the host's own`,
    );
  }
  if ((values["security-label"] ?? "never") !== "never") {
    throw new UsageError(
      "Cannot use --security-label: this program can't label what the guest creates yet",
    );
  }
}

function checkValues(values: Values): void {
  const { tag } = values;
  if (tag !== undefined) {
    const length = new TextEncoder().encode(tag).length;
    if (length < 1 || length > MAX_TAG) {
      throw new UsageError(
        `Cannot use the tag "${tag}": it has ${length} bytes, not 1 to ${MAX_TAG}`,
      );
    }
  }
  number("thread-pool-size", values["thread-pool-size"] ?? "0");
}

function number(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(
    `Cannot use --${option} ${text}: not a number below 1000000000`,
  );
}

function source(values: Values): Source {
  const { fd, "socket-group": group } = values;
  const path = values["socket-path"] ?? values.socket;
  if (fd !== undefined) {
    const other = path !== undefined
      ? "--socket-path"
      : group !== undefined
      ? "--socket-group"
      : undefined;
    if (other === undefined) {
      return { kind: "descriptor", fd: descriptor(fd), mayListen: true };
    }
    throw new UsageError(
      `Cannot use --fd and ${other} together: give an inherited socket or the name of a new one`,
    );
  }
  if (path === undefined) {
    throw new UsageError(
      "Cannot start: no socket was given; add --fd FD or --socket-path SOCKET",
    );
  }
  checkSocketPath(path);
  checkOwner(group);
  return { kind: "locked", path, group };
}

function files(values: Values): FileOptions {
  const cache = (values.cache ?? "auto") as CachePolicy;
  const posixAcl = (values["posix-acl"] ?? "never") as AclPolicy;
  return {
    cache,
    xattr: values.xattr === true || posixAcl !== "never",
    posixAcl,
    readdirplus: values["no-readdirplus"] !== true && cache !== "never",
    killprivV2: values["killpriv-v2"] === true,
    directIo: values["allow-direct-io"] === true,
    allowMmap: values["allow-mmap"] === true,
    announceSubmounts: values["announce-submounts"] !== false,
    preserveNoatime: values["preserve-noatime"] === true,
  };
}

function jail(values: Values): JailOptions {
  const { modcaps } = values;
  const ids = mapping(values);
  const changed = modcaps === undefined
    ? SEVEN
    : changeCapabilities(SEVEN, modcaps);
  return {
    readOnly: values.readonly === true,
    ids,
    // A device that the guest makes would be that of a user who has no right to it.
    capabilities: ids === undefined
      ? changed
      : without(changed, capabilityBits(["MKNOD"])),
    seccomp: (values.seccomp ?? DEFAULT_JAIL.seccomp) as SeccompAction,
    files: fileLimit(values["rlimit-nofile"]),
  };
}

/** The ids that the guest is to have, by whichever options say so. */
function mapping(values: Values): IdMappingOption | undefined {
  const { "map-uid": uids, "map-gid": gids, "map-root": user } = values;
  const ways = [
    [
      "--map-uid or --map-root",
      idMapping(
        { "uid-map": uids, "gid-map": gids, "map-root": user },
        "--map-uid",
        "--map-gid",
      ),
    ],
    [
      "--translate-uid",
      translatedIds(values["translate-uid"], values["translate-gid"]),
    ],
    ["--uid-map", namespaceIds(values["uid-map"], values["gid-map"])],
  ] as const;
  const given = ways.filter(([, ids]) => ids !== undefined);
  const [first, second] = given;
  if (first !== undefined && second !== undefined) {
    throw new UsageError(
      `Cannot use ${second[0]} together with ${
        first[0]
      }: both map the ids of the directory`,
    );
  }
  return first?.[1];
}

function fileLimit(text: string | undefined): FileLimit | undefined {
  if (text === undefined) return DEFAULT_FILES;
  const count = number("rlimit-nofile", text);
  if (count === 0) return undefined;
  if (count >= MIN_FILES) return { count, required: true };
  throw new UsageError(
    `Cannot use --rlimit-nofile ${text}: too few; give ${MIN_FILES} at least`,
  );
}
