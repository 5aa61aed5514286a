/**
 * The directory of the metrics file, opened before the jail is entered.
 *
 * A file that is rewritten in place can be read half old and half new: neither
 * ext4 nor tmpfs makes a write of more than a page whole towards a reader. So
 * each time a new file takes the place of the old one, rename(2), and for that
 * the helper keeps a directory. As a private mount of that one directory it
 * leads to no other: neither by `..` nor by a symlink in it.
 *
 * @module
 */
import {
  MOUNT_ATTR_NOSYMFOLLOW,
  ST_NODEV,
  ST_NOEXEC,
  ST_NOSUID,
  ST_NOSYMFOLLOW,
} from "../../ffi/constants.ts";
import { EINVAL, errnoText } from "../../ffi/errno.ts";
import type { ReplacedFileCalls } from "../../ffi/replaced_file.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { StartError } from "../errors.ts";
import { samePlace } from "../jail/descriptor_directory.ts";
import { findExport } from "../jail/exported.ts";
import { controlsKernel } from "../jail/kernel_mounts.ts";
import { fileSystemPath, isAtOrBelow } from "../jail/mount_table.ts";
import type { JailTools } from "../jail/plan.ts";
import { lastName, parentDirectory } from "../parent_directory.ts";

/** Where the file is written. */
export interface MetricsDirectory {
  readonly fd: number;
  /** The name of the file in it. */
  readonly name: string;
  /** The file as it was asked for, for messages. */
  readonly path: string;
  /** Whether it is a private mount, out of which nothing leads. */
  readonly closed: boolean;
}

/** Names are shorter than NAME_MAX by what {@linkcode ./file.ts} adds. */
const MAX_NAME = 250;

type Tools = Pick<JailTools, "mounts" | "proc" | "log">;

/**
 * Opens the directory of `path`, and makes sure that the file is nobody else's.
 *
 * @param share the path that is exported: a guest must not have the file
 * @throws {StartError}
 */
export function openMetricsDirectory(
  tools: Tools,
  files: ReplacedFileCalls,
  path: string,
  share: string,
): MetricsDirectory {
  const { mounts } = tools;
  const name = lastName(path);
  const { length } = new TextEncoder().encode(name);
  if (["", ".", ".."].includes(name)) {
    throw refusal(path, "it names no file");
  }
  if (length > MAX_NAME) {
    throw refusal(
      path,
      `a name of ${length} bytes, more than ${MAX_NAME}; give a shorter one`,
    );
  }
  const directory = openHost(tools, path);
  refuseDirectory(tools, directory, path, share);
  refuseOthers(tools, files, directory, name, path);
  const closed = closeOff(tools, directory, path);
  if (closed !== undefined) mounts.close(directory);
  return {
    fd: closed ?? directory,
    name,
    path,
    closed: closed !== undefined,
  };
}

/**
 * Proves, in the jail, that nothing leads out of the directory, if it was to be so.
 *
 * @throws {StartError}
 */
export function proveMetricsDirectory(
  { mounts }: Pick<Tools, "mounts">,
  directory: MetricsDirectory | undefined,
): void {
  if (directory === undefined || !directory.closed) return;
  const { fd } = directory;
  if (samePlace(mounts.placeOf(fd), mounts.placeOf(fd, ".."))) return;
  throw new StartError(
    "Cannot prove the jail: the directory of the metrics file leads out by ..",
  );
}

function openHost({ mounts }: Tools, path: string): number {
  const directory = parentDirectory(path);
  try {
    return mounts.openDirectory(directory);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw refusal(
      path,
      `${directory}: ${errnoText(error.errno)}; make the directory first`,
    );
  }
}

/**
 * Refuses what the guest would have, whatever way the export and the directory were
 * reached by, and what code that runs in the helper must not have, even in the jail.
 */
function refuseDirectory(
  { mounts, proc }: Tools,
  directory: number,
  path: string,
  share: string,
): void {
  const find = (name: string) => {
    const found = findExport({ mounts, proc }, name);
    mounts.close(found.directory);
    return found;
  };
  const { path: own, mounts: [mount] } = find(`/proc/self/fd/${directory}`);
  if (mount !== undefined && controlsKernel(mount)) {
    throw refusal(
      path,
      `its directory is of ${mount.fileSystem}, by which the kernel is controlled; give one of a disk, or in /run`,
    );
  }
  const exported = find(share);
  // In a chroot(2) the table may lack the mount that the root directory is on.
  const within = isAtOrBelow(own, exported.path) ||
    mount !== undefined &&
      exported.mounts.some((mounted) =>
        mounted.number === mount.number &&
        // Of its own mount only what is below the export; of those below, all.
        isAtOrBelow(
          fileSystemPath(mount, own),
          mounted.id === exported.mount
            ? fileSystemPath(mounted, exported.path)
            : mounted.root,
        )
      );
  if (within) {
    throw refusal(
      path,
      `it is in ${share}, where the guest could read and change it; give a directory outside, or --metrics-file= for none`,
    );
  }
}

/** What is there is replaced, so it has to be a file, and nobody else's. */
function refuseOthers(
  { mounts }: Tools,
  files: ReplacedFileCalls,
  directory: number,
  name: string,
  path: string,
): void {
  const found = mounts.identify(directory, name);
  if (found === undefined) return;
  if (!found.isFile) {
    throw refusal(
      path,
      "it is there and no regular file; give the name of a file",
    );
  }
  if (files.isLocked(directory, name)) {
    throw refusal(
      path,
      "another process writes it; give each helper a file of its own",
    );
  }
}

/** A private mount of the directory, or undefined where the kernel permits none. */
function closeOff(
  { mounts, log }: Tools,
  directory: number,
  path: string,
): number | undefined {
  let tree: number;
  try {
    tree = mounts.cloneDirectory(directory);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    log.warning(
      `No private mount of the directory of ${path} (${error.message}): if a guest had this program run its code, the directory would lead that out of the jail by ".."`,
    );
    return undefined;
  }
  let wanted = ST_NOSUID | ST_NODEV | ST_NOEXEC;
  try {
    mounts.setAttributes(tree, MOUNT_ATTR_NOSYMFOLLOW);
    wanted |= ST_NOSYMFOLLOW;
  } catch (error) {
    // Linux 5.12 and 5.13 do not have it.
    if (!(error instanceof SystemError) || error.errno !== EINVAL) throw error;
  }
  const { flags } = mounts.fileSystem(`/proc/self/fd/${tree}`);
  if ((flags & wanted) !== wanted) {
    throw refusal(path, "the kernel has not set the flags of its mount");
  }
  return tree;
}

function refusal(path: string, why: string): StartError {
  return new StartError(`Cannot write metrics to ${path}: ${why}`);
}
