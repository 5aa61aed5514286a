/**
 * Files that tell a process by name: whether an open one still has its name,
 * taking the name away again, and keeping the file as it is.
 *
 * @module
 */
import {
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
} from "../ffi/constants.ts";
import type { FileLockCalls } from "../ffi/file_lock.ts";
import { SystemError } from "../ffi/system_error.ts";
import type { FileIdentity } from "../ffi/files.ts";
import type { MountCalls } from "../ffi/mounts.ts";
import type { ListenerCalls } from "../ffi/listener.ts";
import { lastName, parentDirectory } from "./parent_directory.ts";

/** Finds files by name. */
export type FileNames = Pick<
  MountCalls,
  "identify" | "openDirectory" | "placeOf" | "placeOfPath"
>;

/** Opens files anew. */
export type Reopener = Pick<
  MountCalls,
  "cloneTree" | "setAttributes" | "close"
>;

/** Why such a file is not written: what is behind may be any file, and root writes. */
export const SYMLINK =
  "it is a symlink, which may lead to any file; remove it, or name what it leads to";

const READ_ONLY = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
  MOUNT_ATTR_NOEXEC;

/** Takes names away. */
export type NameRemover = Pick<ListenerCalls, "close" | "unlink">;

/**
 * Another descriptor of the file behind `fd`, to be read only. It is of a
 * read-only mount of that one file: by the name of a descriptor, as in
 * /proc/self/fd, code that runs in the program could open the file anew to write.
 * Where the kernel permits no such mount it is of the file's own.
 *
 * @throws {SystemError}
 */
export function openReadOnly(
  mounts: Reopener,
  files: Pick<FileLockCalls, "reopenToRead">,
  fd: number,
): number {
  let tree: number | undefined;
  try {
    tree = mounts.cloneTree("", { from: fd, below: false });
    mounts.setAttributes(tree, READ_ONLY);
    return files.reopenToRead(tree);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return files.reopenToRead(fd);
  } finally {
    if (tree !== undefined) mounts.close(tree);
  }
}

/** Whether `path` leads to the file behind `fd`: a start that fails removes its files. */
export function leadsTo(names: FileNames, path: string, fd: number): boolean {
  try {
    return isSame(names.placeOfPath(path), names.placeOf(fd));
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}

/** Removes `name` in `directory` if it is the file behind `fd`. */
export function removeName(
  names: FileNames,
  remover: NameRemover,
  [directory, name]: readonly [directory: number, name: string],
  fd: number,
): void {
  const found = names.identify(directory, name);
  if (found !== undefined && isSame(found, names.placeOf(fd))) {
    remover.unlink(directory, name);
  }
}

/**
 * The same for a path. In the jail the path leads elsewhere, to nothing or to
 * another file, and nothing is removed.
 */
export function removePath(
  names: FileNames,
  remover: NameRemover,
  path: string,
  fd: number,
): void {
  let directory: number;
  try {
    directory = names.openDirectory(parentDirectory(path));
  } catch (error) {
    if (error instanceof SystemError) return;
    throw error;
  }
  const name = lastName(path);
  removeName(names, remover, [directory, name], fd);
  remover.close(directory);
}

function isSame(one: FileIdentity, other: FileIdentity): boolean {
  return one.inode === other.inode && one.device === other.device;
}
