/**
 * The root directories: the export for the main thread, an empty one for the
 * other threads.
 *
 * @module
 */
import {
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
} from "../../ffi/constants.ts";
import type { Place } from "../../ffi/mounts.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Exported } from "./exported.ts";
import { StartError } from "../errors.ts";
import type { JailTools } from "./plan.ts";

/**
 * The root directory: a private mount of the export, or the directory itself if
 * the kernel permits no mount.
 *
 * @throws {StartError} if there is no mount, and the options need one
 */
export function chooseRoot(
  { mounts, log }: JailTools,
  path: string,
  { directory }: Exported,
  { readOnly, mapped, passesFiles }: {
    readonly readOnly: boolean;
    readonly passesFiles: boolean;
    readonly mapped: boolean;
  },
): { root: number; privateMount: boolean } {
  const attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
    (readOnly ? MOUNT_ATTR_RDONLY : 0);
  let tree = -1;
  try {
    tree = mounts.cloneTree("", { from: directory });
    mounts.setAttributes(tree, attributes);
    return { root: tree, privateMount: true };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (tree >= 0) mounts.close(tree);
    if (readOnly || mapped) {
      throw new StartError(
        `Cannot share ${path} ${
          readOnly ? "read-only" : "with mapped ids"
        }: the kernel refuses a private mount (${error.message}); ` +
          "run with CAP_SYS_ADMIN on Linux 5.12 or later",
      );
    }
    const leads = passesFiles
      ? `a directory passed to QEMU leads out of ${path} by "..", and `
      : "";
    log.warning(
      `No private mount (${error.message}): ${leads}device nodes are not barred by the kernel`,
    );
    return { root: directory, privateMount: false };
  }
}

/**
 * Gives every thread but the main one an empty root directory; returns it, or
 * undefined if the kernel refuses. The runtime's threads open files by name at
 * any time: caches, /etc, /sys. In the export these would be the guest's, which
 * could be FIFOs that never open, or libraries to be loaded.
 */
export function moveThreadsToEmptyRoot(
  { mounts, log }: JailTools,
): Place | undefined {
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
