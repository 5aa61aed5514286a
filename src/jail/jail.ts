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
  capabilityBits,
  describeCapabilities,
} from "../../ffi/capabilities.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Log } from "../log/log.ts";
import { keepBusy } from "./busy_mounts.ts";
import { findExport } from "./exported.ts";
import type { IdMapping } from "./id_mapping.ts";
import { mapIds } from "./mapped_mount.ts";
import { refuseKernelFileSystems } from "./kernel_mounts.ts";
import { type Mount, otherFileSystems } from "./mount_table.ts";
import { MountWatch } from "./mount_watch.ts";
import { proveJail } from "./proof.ts";
import { giveUpRights } from "./rights.ts";
import { banishThreads, chooseRoot } from "./root.ts";
import { leaveSurroundings, readNamespaces } from "./surroundings.ts";
import type { JailOptions } from "./options.ts";
import { StartError } from "../errors.ts";
import type { JailPlan, JailTools } from "./plan.ts";

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
 * @throws {StartError}
 */
export function checkRights(
  { process, credentials }: JailTools,
  path: string,
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
      "unshare --user --map-root-user --mount virtfs-proxy-helper …",
  );
}

/**
 * Enters the jail and proves it.
 *
 * @throws {StartError} where that fails; the process must end then
 */
export function enterJail(
  tools: JailTools,
  path: string,
  wish: JailOptions,
  mapping: IdMapping | undefined,
): JailPlan {
  try {
    const exported = findExport(tools, path);
    refuseKernelFileSystems(exported.mounts, path);
    tellFileSystems(tools.log, otherFileSystems(exported.mounts));
    const { root, privateMount } = chooseRoot(tools, path, exported, {
      readOnly: wish.readOnly,
      mapped: mapping !== undefined,
    });
    const mapped = mapping &&
      mapIds(tools, { tree: root, path, exported, mapping });
    const emptyRoot = privateMount ? banishThreads(tools) : undefined;
    const namespaces = readNamespaces(tools.proc, tools.process.threadId());
    leaveSurroundings(tools.process, tools.limits);
    const busy = keepBusy(tools, exported);
    tools.mounts.enter(root);
    if (privateMount) tools.mounts.close(exported.directory);
    tools.process.umask(0);
    const plan: JailPlan = {
      root,
      privateMount,
      emptyRoot,
      namespaces,
      exportedMounts: exported.mounts,
      tables: busy.tables,
      mountWatch: privateMount
        ? new MountWatch({ table: busy.own, exported, log: tools.log })
        : undefined,
      directories: [exported.directory, ...busy.directories].filter((fd) =>
        fd !== root
      ),
      readOnly: wish.readOnly,
      mapped,
      ...giveUpRights(tools, wish),
    };
    proveJail(tools, plan);
    return plan;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new StartError(`Cannot jail ${path}: ${error.message}`);
  }
}

/** QEMU reads directories itself, so that the inode numbers in them can't be changed like the others. */
function tellFileSystems(log: Log, others: readonly Mount[]): void {
  if (others.length === 0) return;
  const places = others.map(({ path }) => path).join(", ");
  log.info(
    `Other file systems in the export: ${places}; a guest finds other inode numbers there than the host, so that none occurs twice, but find -inum looks for the host's`,
    { places },
  );
}
