/**
 * Subvolumes of btrfs, which are file systems to stat(2) and no mounts.
 *
 * @module
 */
import { runCommand } from "./file_systems.ts";

/** Makes an empty subvolume. */
export function makeSubvolume(path: string): void {
  runCommand(["btrfs", "subvolume", "create", path]);
}

/** Makes `path` a subvolume with the files of `source`, and with their inode numbers. */
export function makeSnapshot(source: string, path: string): void {
  runCommand(["btrfs", "subvolume", "snapshot", source, path]);
}
