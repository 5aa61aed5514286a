/**
 * Subvolumes of btrfs, which are file systems to stat(2) and no mounts.
 *
 * @module
 */
import { equal } from "node:assert/strict";

/** Makes an empty subvolume. */
export function makeSubvolume(path: string): void {
  run("create", path);
}

/** Makes `path` a subvolume with the files of `source`, and with their inode numbers. */
export function makeSnapshot(source: string, path: string): void {
  run("snapshot", source, path);
}

function run(...args: string[]): void {
  const { success, stderr } = new Deno.Command("btrfs", {
    args: ["subvolume", ...args],
    stdin: "null",
    stdout: "null",
  }).outputSync();
  equal(success, true, new TextDecoder().decode(stderr));
}
