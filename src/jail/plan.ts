/**
 * What the jail is built from, and what it has to be.
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
import type { Mount } from "./mount_table.ts";
import type { MountWatch } from "./mount_watch.ts";
import type { Namespaces } from "./surroundings.ts";
import type { Log } from "../log/log.ts";
import type { SharedSymbols } from "../symbols.ts";

/** What the jail is built from. */
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

/** What the jail has to be, and is proven to be. */
export interface JailPlan {
  /** The directory that is the root, to be compared. */
  readonly root: number;
  /** Whether the root is a mount of our own, with nosuid and nodev. */
  readonly privateMount: boolean;
  /** The empty directory that the other threads are banished to; undefined where they share the main thread's root. */
  readonly emptyRoot: Place | undefined;
  /** The mount that the export is on, and those below it that are exported with it. */
  readonly exportedMounts: readonly Mount[];
  /** Descriptors of mount tables, by which the host's mounts of the export are kept busy. */
  readonly tables: readonly number[];
  /** Tells what the host mounts in the export; undefined where the guest sees that. */
  readonly mountWatch: MountWatch | undefined;
  /** Descriptors that directories of the host had, and which are closed. */
  readonly directories: readonly number[];
  readonly readOnly: boolean;
  /** Those that the caller is in. */
  readonly namespaces: Namespaces;
  /** How ids are mapped, if they are. */
  readonly mapped: MappedMount | undefined;
  /** What the main thread keeps. */
  readonly capabilities: CapabilityBits;
  /** Whether the other threads could be given to nobody. */
  readonly strippedThreads: boolean;
  /** Whether the supplementary groups could be dropped. */
  readonly droppedGroups: boolean;
}

/** A mount whose ids are mapped, and what is known of it to prove that. */
export interface MappedMount {
  readonly mapping: IdMapping;
  /** Whom the export belongs to on the host. */
  readonly hostOwner: Owner;
  /** What an id that is not mapped is seen as. */
  readonly overflow: Owner;
  /** Whether the kernel refused to map the mount a second time, which it does for one that is mapped. */
  readonly refusesAnother: boolean;
}
