/** Which mounts are exported, as the kernel's table tells. */
import { deepEqual } from "node:assert/strict";
import {
  exportedMounts,
  parseMounts,
} from "../../../../src/jail/mount_table.ts";

/** `/srv` lies hidden under a second one, and so does all that was mounted in the first. */
const TABLE = `\
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 8:2 / /srv rw - ext4 /dev/sda2 rw
3 2 8:3 / /srv/hidden rw - ext4 /dev/sda3 rw
4 2 8:4 / /srv rw - xfs /dev/sda4 rw
5 4 8:5 / /srv/a rw - xfs /dev/sda5 rw
6 5 8:6 / /srv/a/b rw - xfs /dev/sda6 rw
7 5 8:7 / /srv/a rw - btrfs /dev/my\\040disk rw
8 7 8:8 / /srv/a/c rw - btrfs /dev/sda8 rw
9 8 8:9 / /srv/a/c/d rw - vfat /dev/sda9 rw
10 1 8:10 / /srv/later rw - vfat /dev/sda10 rw
`;

const found = (path: string, own?: number) =>
  exportedMounts(parseMounts(TABLE), path, own).map(({ id }) => id);

Deno.test("exportedMounts() passes over what another mount hides, and what is below that", () => {
  deepEqual(found("/srv", 4), [4, 7, 8, 9]);
  deepEqual(found("/srv/a", 7), [7, 8, 9]);
});

Deno.test("exportedMounts() goes by the mount that the directory is on, not by its name", () => {
  deepEqual(found("/srv", 2), [2, 3]);
  deepEqual(found("/srv/x", 4), [4]);
  deepEqual(found("/srv/a/c/dir", 8), [8]);
});

Deno.test("exportedMounts() tells those below also where their own mount has no place in the table", () => {
  const rest = parseMounts(TABLE).filter(({ id }) => id !== 8);
  deepEqual(exportedMounts(rest, "/srv/a/c", 8).map(({ id }) => id), [9]);
});

Deno.test("parseMounts() reads numbers, device and source", () => {
  const { id, parent, device, source } = parseMounts(TABLE)[6]!;
  deepEqual([id, parent, device, source], [7, 5, "8:7", "/dev/my disk"]);
});
