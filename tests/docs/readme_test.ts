/**
 * The commands of README.md run as they are written: each start of a helper, the
 * QEMU that connects to it, and the mount in its guest.
 */
import { equal } from "node:assert/strict";
import { testsThatNeed } from "../support/requirements.ts";
import { block } from "./blocks.ts";
import { boots } from "./page_host.ts";

const test = testsThatNeed(
  ...["root", "unshare", "setpriv", "qemu", "kernel", "busybox"] as const,
  "mapped tmpfs",
);

const QEMU = block("README.md", "-device vhost-user-fs-pci");
const MOUNT = block("README.md", "mount -t virtiofs");

for (
  const [what, start, expected] of [
    [
      "as itself",
      block("README.md", "--socket-path /run/share.sock --socket-group kvm\n"),
      "0:0",
    ],
    [
      "with ids that nobody has",
      block("README.md", "chown -R 100000"),
      "100000:100000",
    ],
  ] as const
) {
  test(`By the commands of README.md a guest mounts a share by virtiofs, ${what}`, async () => {
    const owner = await boots({
      start,
      qemu: QEMU,
      mount: MOUNT,
      wire: "virtiofs",
    });
    equal(owner, expected);
  });
}

test("By the commands of README.md a guest mounts a share by 9p", async () => {
  const owner = await boots({
    start: block("README.md", "scripts/virtfs-proxy-helper"),
    background: true,
    qemu: block("README.md", "-device virtio-9p-pci"),
    mount: block("README.md", "mount -t 9p"),
    wire: "9p",
  });
  equal(owner, "0:0");
});
