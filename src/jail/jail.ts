/**
 * The jail: the export as the root directory, and no right but seven.
 *
 * Everything is synchronous and on the main thread. After {@linkcode
 * enterJail} the process serves files of the export for any owner, and can do
 * nothing else.
 *
 * @module
 */
import {
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  SECBIT_NO_SETUID_FIXUP,
} from "../../ffi/constants.ts";
import {
  type CapabilityBits,
  capabilityBits,
  describeCapabilities,
  SEVEN,
  unsigned,
  without,
} from "../../ffi/capabilities.ts";
import type { CredentialCalls } from "../../ffi/credentials.ts";
import { EPERM } from "../../ffi/errno.ts";
import type { MountCalls, Place } from "../../ffi/mounts.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { ProcessCalls } from "../../ffi/process.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Log } from "../log/log.ts";
import { IdMap } from "./id_map.ts";
import type { JailWish } from "./wish.ts";
import { proveJail } from "./proof.ts";

/** The jail could not be built, or is not what was asked for. The message is for people. */
export class JailError extends Error {
  override name = "JailError";
}

/** What the jail is built from. */
export interface JailTools {
  readonly mounts: MountCalls;
  readonly process: ProcessCalls;
  readonly credentials: CredentialCalls;
  readonly proc: ProcDirectory;
  readonly log: Log;
}

/** What the jail has to be, and is proven to be. */
export interface JailPlan {
  /** The directory that is the root, to be compared. */
  readonly root: number;
  /** Whether the root is a mount of our own, with nosuid and nodev. */
  readonly privateMount: boolean;
  /** The empty directory that the other threads are banished to; undefined where they share the main thread's root. */
  readonly emptyRoot: Place | undefined;
  readonly readOnly: boolean;
  /** What the main thread keeps. */
  readonly capabilities: CapabilityBits;
  /** Whether the other threads could be given to nobody. */
  readonly strippedThreads: boolean;
  /** Whether the supplementary groups could be dropped. */
  readonly droppedGroups: boolean;
}

/** Without these no owner can be acted for, or no jail be built. */
const INDISPENSABLE = capabilityBits([
  "DAC_OVERRIDE",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "SYS_CHROOT",
]);

/**
 * Says why the jail can't be built here, before anything is changed.
 *
 * @throws {JailError}
 */
export function checkRights(
  { process, credentials }: JailTools,
  path: string,
): void {
  if (process.isSecureExecution()) {
    throw new JailError(
      "Cannot run with more rights than the caller has: remove the setuid bit or the file capabilities (CVE-2015-8556)",
    );
  }
  const { real, effective } = process.realAndEffectiveUid();
  const missing = INDISPENSABLE & ~credentials.readSets().effective;
  if (real === 0 && effective === 0 && missing === 0) return;
  const what = real !== effective
    ? `the real user is ${real}, the effective ${effective}`
    : missing === 0
    ? "not root"
    : `without ${describeCapabilities(missing)}`;
  throw new JailError(
    `Cannot jail ${path}: ${what}; start as root, or in a user namespace: ` +
      "unshare --user --map-root-user --mount virtfs-proxy-helper …",
  );
}

/**
 * Enters the jail and proves it.
 *
 * @throws {JailError} where that fails; the process must end then
 */
export function enterJail(
  tools: JailTools,
  path: string,
  wish: JailWish,
): JailPlan {
  try {
    const { root, privateMount } = chooseRoot(tools, path, wish);
    const emptyRoot = privateMount ? banishThreads(tools) : undefined;
    tools.mounts.enter(root);
    tools.process.umask(0);
    const plan: JailPlan = {
      root,
      privateMount,
      emptyRoot,
      readOnly: wish.readOnly,
      ...giveUpRights(tools, wish),
    };
    proveJail(tools, plan);
    return plan;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new JailError(`Cannot jail ${path}: ${error.message}`);
  }
}

/** A private mount of the export, or the directory itself where there is no right to one. */
function chooseRoot(
  { mounts, log }: JailTools,
  path: string,
  { readOnly }: JailWish,
): { root: number; privateMount: boolean } {
  const attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
    (readOnly ? MOUNT_ATTR_RDONLY : 0);
  let tree = -1;
  try {
    tree = mounts.cloneTree(path);
    mounts.setAttributes(tree, attributes);
    return { root: tree, privateMount: true };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (tree >= 0) mounts.close(tree);
    if (readOnly) {
      throw new JailError(
        `Cannot export ${path} read-only: the kernel refuses a private mount (${error.message}); ` +
          "run with CAP_SYS_ADMIN on Linux 5.12 or later, or grant write access",
      );
    }
    log.warning(
      `No private mount (${error.message}): a directory passed to QEMU leads out of ${path} by "..", and device nodes are not barred by the kernel`,
    );
    return { root: mounts.openDirectory(path), privateMount: false };
  }
}

/**
 * Sends every thread but the main one to a root directory with nothing in it.
 * The runtime looks for files of its own at odd times: caches, /etc, /sys.
 * In the export these would be the guest's: a FIFO to hang on, a library to
 * load; or it would write there.
 */
function banishThreads({ mounts, log }: JailTools): Place | undefined {
  try {
    const empty = mounts.makeEmpty();
    mounts.enter(empty);
    mounts.partFromThreads();
    const place = mounts.placeOf(empty);
    mounts.close(empty);
    return place;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    log.warning(
      `Other threads share the export as their root (${error.message})`,
    );
    return undefined;
  }
}

/**
 * Leaves the main thread with the seven, and every other thread of the runtime
 * with nothing.
 */
function giveUpRights(
  { process, credentials, proc, log }: JailTools,
  wish: JailWish,
): Pick<JailPlan, "capabilities" | "strippedThreads" | "droppedGroups"> {
  const droppedGroups = dropGroups(process, log);
  const uid = new IdMap(proc.readText("uid_map")).unprivileged;
  const gid = new IdMap(proc.readText("gid_map")).unprivileged;
  const bits = process.secureBits();
  if (uid === undefined) {
    log.warning(
      "Other threads keep the rights of this user namespace's root, as no id but 0 is mapped in it",
    );
  } else {
    // glibc carries setresuid to every thread. This one keeps its capabilities through it, the others lose them.
    process.setSecureBits(bits | SECBIT_NO_SETUID_FIXUP);
    if (gid !== undefined) process.setAllGids(gid);
    process.setAllUids(uid);
    process.setThreadUids(0);
    if (gid !== undefined) process.setThreadGids(0);
    // With it set, setfsuid(2) would not lower the effective set.
    process.setSecureBits(bits & ~SECBIT_NO_SETUID_FIXUP);
  }
  process.emptyBoundingSet();
  process.clearAmbientSet();
  const { permitted } = credentials.readSets();
  const capabilities = unsigned(wish.capabilities & permitted);
  const missing = without(wish.capabilities, permitted);
  const asked = without(missing, SEVEN);
  if (asked !== 0) {
    throw new JailError(
      `Cannot keep ${
        describeCapabilities(asked)
      }: the helper was started without`,
    );
  }
  if (missing !== 0) {
    log.warning(
      `Some requests will fail with EPERM: there is no ${
        describeCapabilities(missing)
      }`,
    );
  }
  const result = credentials.writeSets(capabilities);
  if (result < 0) throw new SystemError("capset", -result);
  return { capabilities, strippedThreads: uid !== undefined, droppedGroups };
}

/** A user namespace made without privileges may forbid it, user_namespaces(7). */
function dropGroups(process: ProcessCalls, log: Log): boolean {
  if (process.groupCount() === 0) return true;
  try {
    process.dropGroups();
    return true;
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== EPERM) throw error;
    log.warning(
      "The supplementary groups of the caller stay, as this user namespace forbids to drop them",
    );
    return false;
  }
}
