/**
 * The commands of README.md run as they are written: each start of a helper, the
 * QEMU that connects to it, and the mount in its guest.
 */
import { equal } from "node:assert/strict";
import { testsThatNeed } from "../support/requirements.ts";
import { block } from "./blocks.ts";
import { boots, connects } from "./page_host.ts";

const test = testsThatNeed(
  ...["root", "unshare", "setpriv", "qemu", "kernel", "busybox"] as const,
  "mapped tmpfs",
);

const QEMU = block("README.md", "-device vhost-user-fs-pci");

test("By the commands of README.md a guest mounts a share by virtiofs", async () => {
  const { owner } = await boots({
    start: block(
      "README.md",
      "--socket-path /run/share.sock --socket-group kvm\n",
    ),
    qemu: QEMU,
    mount: block("README.md", "mount -t virtiofs"),
    wire: "virtiofs",
  });
  equal(owner, "0:0");
});

test("By the commands of README.md QEMU connects to a helper that maps ids", async () => {
  await connects({ start: block("README.md", "chown -R 100000"), qemu: QEMU });
});

test("By the commands of README.md QEMU connects to virtfs-proxy-helper", async () => {
  await connects({
    start: block("README.md", "scripts/virtfs-proxy-helper"),
    background: true,
    qemu: block("README.md", "-device virtio-9p-pci"),
  });
  // Which tests/docs/qemu_test.ts runs.
  equal(
    block("README.md", "mount -t 9p"),
    block("docs/qemu.md", "mount -t 9p"),
  );
});
