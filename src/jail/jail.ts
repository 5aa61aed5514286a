/**
 * The jail: the export is the root directory, and the process has only the
 * capabilities that serving it for any owner takes.
 *
 * All of it is synchronous and on the main thread, as capabilities and ids
 * belong to a thread, credentials(7).
 *
 * @module
 */
import {
  capabilityBits,
  describeCapabilities,
} from "../../ffi/capabilities.ts";
import { EACCES } from "../../ffi/errno.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Log } from "../log/log.ts";
import { shortList } from "../log/quote.ts";
import { keepBusy } from "./busy_mounts.ts";
import {
  enterDescriptorDirectory,
  openDescriptorDirectory,
} from "./descriptor_directory.ts";
import { findExport } from "./exported.ts";
import { raiseFileLimit } from "./file_limit.ts";
import type { IdMapping } from "./id_mapping.ts";
import { mapIds } from "./mapped_mount.ts";
import { refuseKernelFileSystems } from "./kernel_mounts.ts";
import { type Mount, otherFileSystems } from "./mount_table.ts";
import { MountWatch } from "./mount_watch.ts";
import { proveJail } from "./proof.ts";
import { giveUpRights } from "./rights.ts";
import { chooseRoot, moveThreadsToEmptyRoot } from "./root.ts";
import { isolateProcess, readNamespaces } from "./isolation.ts";
import type { JailNeeds, JailOptions } from "./options.ts";
import { StartError } from "../errors.ts";
import type { JailPlan, JailTools } from "./plan.ts";

/** Without these no jail can be made, or no file be created for its owner. */
const INDISPENSABLE = capabilityBits([
  "DAC_OVERRIDE",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "SYS_CHROOT",
]);

/**
 * Checks, before anything is changed, that the jail can be made.
 *
 * @throws {StartError}
 */
export function checkRights(
  { process, credentials }: JailTools,
  path: string,
  program: string,
): void {
  if (process.isSecureExecution()) {
    throw new StartError(
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
  throw new StartError(
    `Cannot jail ${path}: ${what}; start as root, or in a user namespace: ` +
      `unshare --user --map-root-user --mount ${program} …`,
  );
}

/**
 * Enters the jail and proves it.
 *
 * @throws {StartError} if that fails: the process may be half in the jail, and
 * has to end
 */
export function enterJail(
  tools: JailTools,
  path: string,
  options: JailOptions,
  mapping: IdMapping | undefined,
  { descriptorDirectory, passesFiles }: JailNeeds,
): JailPlan {
  try {
    const exported = findExport(tools, path);
    refuseKernelFileSystems(exported.mounts, path);
    if (passesFiles) {
      logFileSystems(tools.log, otherFileSystems(exported.mounts));
    }
    const { readOnly } = options;
    const { root, privateMount } = chooseRoot(tools, path, exported, {
      readOnly,
      mapped: mapping !== undefined,
      passesFiles,
    });
    const mapped = mapping &&
      mapIds(tools, { tree: root, path, exported, mapping });
    const opened = descriptorDirectory
      ? openDescriptorDirectory(tools)
      : undefined;
    const emptyRoot = privateMount ? moveThreadsToEmptyRoot(tools) : undefined;
    const namespaces = readNamespaces(tools.proc, tools.process.threadId());
    const maxFiles = options.files && raiseFileLimit(tools, options.files);
    isolateProcess(tools.process, tools.limits, maxFiles);
    const busy = keepBusy(tools, exported);
    tools.mounts.enter(root);
    const entered = opened && enterDescriptorDirectory(tools, opened);
    if (privateMount) tools.mounts.close(exported.directory);
    tools.process.umask(0);
    const plan: JailPlan = {
      root,
      privateMount,
      emptyRoot,
      descriptorDirectory: entered,
      passesFiles,
      namespaces,
      tables: busy.tables,
      mountWatch: privateMount
        ? new MountWatch({ table: busy.own, exported, log: tools.log })
        : undefined,
      directories: [
        exported.directory,
        ...busy.directories,
        ...opened === undefined ? [] : [opened.fd],
      ].filter((fd) => fd !== root),
      readOnly,
      mapped,
      ...giveUpRights(tools, options),
    };
    proveJail(tools, plan);
    return plan;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const advice = error.call === "fchdir" && error.errno === EACCES
      ? "; choose a directory that whoever starts the helper may enter"
      : "";
    throw new StartError(`Cannot jail ${path}: ${error.message}${advice}`);
  }
}

/**
 * Logs which other file systems are in the export: LSTAT changes their inode
 * numbers, but QEMU reads directories itself, with the host's numbers in them.
 */
function logFileSystems(log: Log, others: readonly Mount[]): void {
  if (others.length === 0) return;
  const places = shortList(others.map(({ path }) => path));
  log.info(
    `Other file systems in the export: ${places}; a guest finds other inode numbers there than the host, so that none occurs twice, but find -inum looks for the host's`,
    { places },
  );
}
