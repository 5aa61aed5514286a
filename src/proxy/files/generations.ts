/**
 * File systems whose inode generations QEMU is told, by `f_type` of statfs(2).
 *
 * @module
 */
const TYPES: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x9123683e, // btrfs
  0x58465342, // xfs
  0x52654973, // reiserfs
]);

/** Whether a file system of this type has generations that can be asked for. */
export function hasGenerations(type: number): boolean {
  return TYPES.has(type >>> 0);
}
