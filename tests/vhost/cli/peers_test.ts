/** Who starts virtiofsd, and how: the same command lines start this program. */
import { equal, match } from "node:assert/strict";
import { testsThatNeed } from "../../support/requirements.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { serveOnce, type Way } from "../support/program.ts";

const test = testsThatNeed("root");

/** By caller: options that it may leave out have a line of their own. */
const PEERS: readonly (readonly [string, Way, string])[] = [
  ["libvirt", "listener", "--fd=FD --shared-dir DIR"],
  [
    "libvirt, with all options",
    "listener",
    "--fd=FD --shared-dir DIR --cache always --sandbox chroot --xattr --thread-pool-size=16 --rlimit-nofile=4096 --log-level debug",
  ],
  [
    "libvirt, without separate-options",
    "listener",
    "--fd=FD -o source=DIR,cache=none,sandbox=namespace,xattr,no_flock,no_posix_lock --thread-pool-size=16 -d",
  ],
  ["Incus", "listener", "--fd=FD --cache=never --shared-dir=DIR"],
  [
    "Incus, with ACLs",
    "listener",
    "--fd=FD --cache=metadata --shared-dir=DIR --posix-acl",
  ],
  [
    "Incus, with ACLs if the guest can",
    "listener",
    "--fd=FD --cache=always --shared-dir=DIR --posix-acl=auto",
  ],
  [
    "LXD",
    "listener",
    "--fd=FD --shared-dir DIR --cache auto --allow-direct-io --thread-pool-size 64 --xattr",
  ],
  [
    "Kata in Go",
    "listener",
    "--cache=auto --shared-dir=DIR --fd=FD --thread-pool-size=1 --announce-submounts",
  ],
  [
    "Kata in Rust",
    "path",
    "--socket-path SOCKET --shared-dir DIR --cache auto --thread-pool-size=1 -o announce_submounts --xattr",
  ],
  [
    "Kata in Rust before 3.31",
    "path",
    "--socket-path SOCKET --shared-dir DIR --cache auto --thread-pool-size=1 -o announce_submounts --sandbox none --seccomp none",
  ],
  [
    "Proxmox VE",
    "listener",
    "--fd=FD --shared-dir=DIR --xattr --posix-acl --announce-submounts --allow-direct-io --cache=never --writeback",
  ],
  [
    "cloud-hypervisor",
    "path",
    "--log-level debug --socket-path=SOCKET --shared-dir=DIR --cache=never --thread-pool-size=4",
  ],
  [
    "microvm.nix",
    "path",
    "--socket-path=SOCKET --socket-group=0 --shared-dir=DIR --rlimit-nofile 8192 --thread-pool-size 4 --posix-acl --xattr --cache=auto --inode-file-handles=prefer --tag=share --readonly",
  ],
  [
    "virtme-ng",
    "path",
    "--socket-path SOCKET --shared-dir DIR -o cache=always",
  ],
  [
    "Unraid",
    "listener",
    "--inode-file-handles=mandatory --announce-submounts --fd=FD --shared-dir DIR --cache always --sandbox chroot --xattr",
  ],
  [
    "tp-qemu",
    "path",
    "--socket-path=SOCKET -o source=DIR,cache=auto",
  ],
  ["a connected socket", "connection", "--fd FD --shared-dir DIR"],
];

for (const [who, way, line] of PEERS) {
  test(`${who} starts it`, async () => {
    using place = exportWorkspace();
    const { stdout } = await serveOnce(place, way, line.split(" "));
    // Whoever reads it does not expect anything.
    equal(stdout, "");
  });
}

for (const caller of ["Kata in Go", "Proxmox VE", "Unraid"]) {
  const [, way, line] = PEERS.find(([who]) => who === caller)!;
  test(`${caller} starts it, with --syslog and nobody who listens to that`, async () => {
    using place = exportWorkspace();
    const args = ["--syslog", ...line.split(" ")];
    await serveOnce(place, way, args);
  });
}

test("Incus's translation of ids is a mount that maps them", async () => {
  using place = exportWorkspace();
  Deno.chownSync(place.export, 100000, 100000);
  const rules = ["uid", "gid"].flatMap((what) => [
    `--translate-${what}=map:0:100000:65536`,
    `--translate-${what}=forbid-guest:65536:4294901760`,
  ]);
  const { stderr } = await serveOnce(place, "listener", [
    ...["--fd=FD", "--cache=never", "--shared-dir=DIR", ...rules],
  ]);
  match(stderr, /ids: [^;]*100000/);
});
