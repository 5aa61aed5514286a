/**
 * File systems by which the kernel is told what to do, and which must not be
 * exported.
 *
 * @module
 */
import type { Mount } from "./mount_table.ts";
import { StartError } from "../errors.ts";

/**
 * In the jail, too, `/proc/self/exe` is a file outside of it, `/proc/self/mem`
 * the helper's memory, and `/proc/sys` the host: the helper writes there with
 * root's id, which is all that most of these ask for.
 */
const KERNELS_OWN: ReadonlySet<string> = new Set([
  ...["proc", "sysfs", "cgroup", "cgroup2", "debugfs", "tracefs"],
  ...["securityfs", "configfs", "efivarfs", "bpf", "binfmt_misc", "pstore"],
  ...["fusectl", "selinuxfs", "smackfs", "nfsd", "resctrl"],
]);

/**
 * Refuses an export that has one of them in it.
 *
 * @param exported the mounts that belong to it
 * @throws {StartError}
 */
export function refuseKernelFileSystems(
  exported: readonly Mount[],
  path: string,
): void {
  const found = exported.find(({ fileSystem }) => KERNELS_OWN.has(fileSystem));
  if (found === undefined) return;
  throw new StartError(
    `Cannot export ${path}: with the ${found.fileSystem} at ${found.path} in it a guest would have the host; ` +
      `export a directory without, or a bind mount, which has nothing of what is mounted below: mount --bind ${path} /mnt`,
  );
}
