/** Which mounts are exported, as the kernel's table tells. */
import { deepEqual, equal } from "node:assert/strict";
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

const MOUNTINFO = `\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
40 27 0:30 / /srv rw shared:2 master:3 - xfs /dev/vdb rw
41 40 0:31 / /srv/a\\040b\\134c rw,nosuid,idmapped - overlay my\\040overlay rw,lowerdir=a - b
42 40 0:32 / /srv/sub rw - tmpfs none rw
43 42 0:33 / /srv/sub rw - btrfs /dev/vdc rw
44 27 0:34 / /srvx rw - tmpfs none rw
`;

Deno.test("parseMounts() reads numbers, places, kinds, options and sources", () => {
  const mounts = parseMounts(MOUNTINFO);
  equal(mounts.length, 7);
  deepEqual(mounts[3], {
    id: 41,
    parent: 40,
    number: "0:31",
    root: "/",
    device: "0:31",
    path: "/srv/a b\\c",
    fileSystem: "overlay",
    options: ["rw", "nosuid", "idmapped"],
    source: "my overlay",
  });
});

Deno.test("exportedMounts() are the one that a directory is on, and those below", () => {
  const mounts = parseMounts(MOUNTINFO);
  const named = (path: string) =>
    exportedMounts(mounts, path).map(({ path, fileSystem }) =>
      `${fileSystem} ${path}`
    );
  deepEqual(named("/srv"), [
    "xfs /srv",
    "overlay /srv/a b\\c",
    "btrfs /srv/sub",
  ]);
  deepEqual(named("/srv/dir"), ["xfs /srv"]);
  deepEqual(named("/srv/sub/dir"), ["btrfs /srv/sub"]);
  deepEqual(named("/home"), ["ext4 /"]);
  equal(named("/").length, 6);
});
