/**
 * Refuses to export file systems that control the kernel, as /proc and /sys.
 *
 * @module
 */
import type { Mount } from "./mount_table.ts";
import { StartError } from "../errors.ts";

/**
 * Even in the jail `/proc/self/exe` is a file outside of it, `/proc/self/mem` the
 * helper's memory, and `/proc/sys` configures the host. Most of these check no
 * capability, only that root writes, and the helper writes as root.
 */
const KERNEL_TYPES: ReadonlySet<string> = new Set([
  ...["proc", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs"],
  ...["securityfs", "configfs", "efivarfs", "bpf", "binfmt_misc", "pstore"],
  ...["fusectl", "selinuxfs", "smackfs", "nfsd", "resctrl"],
]);

/** Whether `mount` is of such a file system. */
export function controlsKernel({ fileSystem }: Mount): boolean {
  return KERNEL_TYPES.has(fileSystem);
}

/**
 * @param exported the mounts of the export
 * @throws {StartError} if one of them is such a file system
 */
export function refuseKernelFileSystems(
  exported: readonly Mount[],
  path: string,
): void {
  const found = exported.find(controlsKernel);
  if (found === undefined) return;
  throw new StartError(
    `Cannot share ${path}: with the ${found.fileSystem} at ${found.path} in it a guest would have the host; ` +
      `share a directory without, or a bind mount, which has nothing of what is mounted below: mount --bind ${path} /mnt`,
  );
}
