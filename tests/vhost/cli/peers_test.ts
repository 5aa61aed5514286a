/** Who starts virtiofsd, and how: the same command lines start this program. */
import { deepEqual, equal, match } from "node:assert/strict";
import { testsThatNeed } from "../../support/requirements.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { mkdir } from "../../../src/vhost_user_fs/client/requests/names.ts";
import { HELPER } from "../support/helper.ts";
import { outcome } from "../support/each_server.ts";
import {
  greet,
  serveOnce,
  startProgram,
  type Way,
} from "../support/program.ts";

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
  ["LXD 5.0", "listener", "--fd=FD -o source=DIR"],
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

/** Runs what follows as root of a user namespace with as many ids. */
const IN_NAMESPACE = `
  mkfifo "$1/go"
  unshare --user --mount sh -c 'read -r _ <"$0/go"; shift 2; exec "$@"' "$1" "$@" &
  until [ "$(readlink /proc/$!/ns/user)" != "$(readlink /proc/$$/ns/user)" ]; do
    :
  done
  echo "0 0 $2" >"/proc/$!/uid_map"
  echo "0 0 $2" >"/proc/$!/gid_map"
  echo go >"$1/go"
  wait "$!"
`;

const namespaceTest = testsThatNeed("root", "user namespaces");

for (const ids of [65536, 1]) {
  namespaceTest(
    `LXD starts it in a user namespace with ${ids} ids`,
    async () => {
      using place = exportWorkspace();
      Deno.chmodSync(place.export, 0o777);
      const [, way, line] = PEERS.find(([who]) => who === "LXD")!;
      await using program = startProgram(place, way, line.split(" "), {
        program: [
          ...["sh", "-ec", IN_NAMESPACE, "sh"],
          ...[place.path, String(ids), HELPER],
        ],
      });
      await program.says(/Serving|Listening/);
      using frontEnd = await program.connect();
      const session = greet(frontEnd);
      const answers = [0, 1000, 70_000].map((id) =>
        session.as({ uid: id, gid: id }, () => {
          const request = mkdir(ROOT, `${id}`, 0o755);
          return outcome(session.ask({ ...request, group: id }));
        })
      );
      deepEqual(answers, [
        "done",
        ids === 1 ? "EINVAL" : "done",
        // An id that the namespace does not have.
        "EINVAL",
      ]);
      frontEnd.close();
      const { code, output } = await program.end();
      equal(code, 0, output);
    },
  );
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
