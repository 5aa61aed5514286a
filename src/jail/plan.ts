/**
 * What the jail is made with, and what it must be afterwards.
 *
 * @module
 */
import type { IdMapping } from "./id_mapping.ts";
import type { CapabilityBits } from "../../ffi/capabilities.ts";
import { credentialCalls } from "../../ffi/credentials.ts";
import type { Libc } from "../../ffi/libc.ts";
import { limitCalls } from "../../ffi/limits.ts";
import { mountCalls, type Owner, type Place } from "../../ffi/mounts.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import { processCalls } from "../../ffi/process.ts";
import { seccompCalls } from "../../ffi/seccomp.ts";
import { userNamespaceCalls } from "../../ffi/user_namespace.ts";
import type { DescriptorDirectory } from "./descriptor_directory.ts";
import type { MountWatch } from "./mount_watch.ts";
import type { Namespaces } from "./isolation.ts";
import type { Log } from "../log/log.ts";
import type { SharedSymbols } from "../symbols.ts";

/** The calls that the jail is made with, /proc/self, and the log. */
export type JailTools = ReturnType<typeof jailTools>;

export function jailTools(
  libc: Libc<SharedSymbols>,
  proc: ProcDirectory,
  log: Log,
) {
  return {
    mounts: mountCalls(libc),
    userNamespaces: userNamespaceCalls(libc),
    process: processCalls(libc),
    limits: limitCalls(libc),
    credentials: credentialCalls(libc),
    seccomp: seccompCalls(libc),
    proc,
    log,
  };
}

/** What the jail must be: the proof compares it with what the kernel says. */
export interface JailPlan {
  /** A descriptor of the root directory. */
  readonly root: number;
  /** Whether the root is a mount of our own, with nosuid and nodev. */
  readonly privateMount: boolean;
  /** The empty root directory of the other threads; undefined if they share that of the main thread. */
  readonly emptyRoot: Place | undefined;
  /** The working directory, if that is not the root. */
  readonly descriptorDirectory: DescriptorDirectory | undefined;
  /** Whether descriptors of files are passed to the peer. */
  readonly passesFiles: boolean;
  /** Descriptors of mount tables, which keep the host's mounts of the export busy. */
  readonly tables: readonly number[];
  /** Logs what the host mounts in the export; undefined if the guest sees that. */
  readonly mountWatch: MountWatch | undefined;
  /** Former descriptors of directories of the host: all must be closed. */
  readonly directories: readonly number[];
  readonly readOnly: boolean;
  /** Those of the caller, which the helper must have left. */
  readonly namespaces: Namespaces;
  /** How ids are mapped, if they are. */
  readonly mapped: MappedMount | undefined;
  /** What the main thread keeps. */
  readonly capabilities: CapabilityBits;
  /** Whether the other threads run as nobody, without capabilities. */
  readonly strippedThreads: boolean;
  /** Whether the supplementary groups of the caller were dropped. */
  readonly droppedGroups: boolean;
}

/** A mount whose ids are mapped, and what proves it. */
export interface MappedMount {
  readonly mapping: IdMapping;
  /** The owner of the export on the host. */
  readonly hostOwner: Owner;
  /** The ids that stand for those that are not mapped, /proc/sys/kernel/overflowuid. */
  readonly overflow: Owner;
  /** Whether the kernel refused to map the mount again, as it does if a mount is mapped. */
  readonly refusesAnother: boolean;
}
