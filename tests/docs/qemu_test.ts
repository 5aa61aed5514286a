/**
 * The commands of docs/qemu.md, docs/cloud-hypervisor.md and docs/proxmox.md run as
 * they are written, and guests boot by them.
 */
import { deepEqual, equal, match } from "node:assert/strict";
import { testsThatNeed } from "../support/requirements.ts";
import { trixieVirtiofsd } from "../vhost/support/trixie.ts";
import { block } from "./blocks.ts";
import { boots, connects, onHost } from "./page_host.ts";

const needs = [
  ...["root", "unshare", "setpriv", "qemu", "kernel", "busybox"] as const,
  "mapped tmpfs",
] as const;
const test = testsThatNeed(...needs);
const originalTest = testsThatNeed(...needs, "original");

const VIRTIOFS = block("docs/qemu.md", "-device vhost-user-fs-pci");
const NINEP = block("docs/qemu.md", "-device virtio-9p-pci");
/** What the guest's root has made is its own there, and on the host somebody's who is nobody. */
const CHECKS = {
  inGuest: block("docs/qemu.md", "touch /mnt/file"),
  onHost: block("docs/qemu.md", "stat -c %u:%g /srv/share/file\n"),
};
const OWNERS = ["0:0", "100000:100000"];

for (
  const [what, options] of [
    ["virtiofs, on QEMU 10", {
      release: "trixie",
      start: block("docs/qemu.md", "virtfs-vhost-helper --shared-dir"),
      qemu: VIRTIOFS,
      mount: block("docs/qemu.md", "mount -t virtiofs"),
      wire: "virtiofs",
    }],
    ["9p, on QEMU 7.2", {
      background: true,
      start: block(
        "docs/qemu.md",
        "virtfs-proxy-helper -p /srv/share -s /run/share.sock -u qemu",
      ),
      qemu: NINEP,
      mount: block("docs/qemu.md", "mount -t 9p"),
      wire: "9p",
    }],
  ] as const
) {
  test(`By the commands of docs/qemu.md a guest mounts a share by ${what}`, async () => {
    const { lines, owner } = await boots({ ...options, ...CHECKS });
    equal(owner, "100000:100000");
    deepEqual(lines.filter((line) => OWNERS.includes(line)), OWNERS);
  });
}

test("By the commands of docs/qemu.md QEMU goes back to virtiofsd", async () => {
  const command = trixieVirtiofsd()!.map((word) => `'${word}'`).join(" ");
  await connects({
    start:
      `printf '#!/bin/sh\\nexec %s "$@"\\n' "${command}" >/usr/libexec/virtiofsd
      chmod 755 /usr/libexec/virtiofsd
      ${block("docs/qemu.md", "/usr/libexec/virtiofsd")}`,
    qemu: VIRTIOFS.replace(",num-request-queues=2", ""),
    release: "trixie",
  });
});

originalTest(
  "By the commands of docs/qemu.md QEMU goes back to its own helper",
  async () => {
    await connects({
      background: true,
      start: block("docs/qemu.md", "/usr/lib/qemu/virtfs-proxy-helper"),
      qemu: NINEP,
    });
  },
);

test("docs/cloud-hypervisor.md starts a helper that serves one machine after another", async () => {
  await onHost(`
    ln -s /usr/bin/qemu-system-x86_64 /run/bin
    (${
    block("docs/cloud-hypervisor.md", "virtfs-vhost-helper")
  }) >/run/log 2>&1 & helper=$!
    until_there /run/share.sock $helper
    for time in 1 2; do
      as_qemu 'echo quit | ${
    VIRTIOFS.replace(
      "…",
      "-machine accel=tcg -nodefaults -display none -S -monitor stdio",
    )
  }'
    done
    kill $(pgrep -P $helper || echo $helper)
    wait $helper || { cat /run/log; exit 1; }`);
  equal(
    block("docs/cloud-hypervisor.md", "mount -t virtiofs"),
    block("docs/qemu.md", "mount -t virtiofs"),
  );
});

test("What docs/proxmox.md puts in the place of virtiofsd is started as Proxmox does, and maps ids", async () => {
  const { stdout } = await onHost(`
    ${block("docs/proxmox.md", "cat >/usr/libexec/virtiofsd")}
    chown 100000:100000 /srv/share
    /usr/libexec/virtiofsd --socket-path=/run/share.sock --shared-dir=/srv/share \\
      --announce-submounts --cache=auto --syslog --print-sandbox >/run/log & helper=$!
    until_there /run/share.sock $helper
    kill $helper
    wait $helper
    cat /run/log`);
  match(stdout, /^ok +ids +the guest has users 0-65535=100000-165535,/m);
  equal(
    block("docs/proxmox.md", "mount -t virtiofs"),
    block("docs/qemu.md", "mount -t virtiofs"),
  );
});

for (
  const [page, put, remove] of [
    [
      "docs/lxd.md",
      block("docs/lxd.md", "ln -s"),
      block("docs/lxd.md", "rm /usr/local/bin/virtiofsd\n"),
    ],
    [
      "docs/incus.md",
      block("docs/incus.md", "ln -s"),
      block("docs/incus.md", "rm /usr/local/bin/virtiofsd\n"),
    ],
  ] as const
) {
  test(`${page} puts the program where it is found first, and takes it away`, async () => {
    const { stdout } = await onHost(`
      ${put}
      command -v virtiofsd
      virtiofsd --print-capabilities
      ${remove}
      test ! -e /usr/local/bin/virtiofsd`);
    match(stdout, /^\/usr\/local\/bin\/virtiofsd\n\{[^]*"type": *"fs"/);
  });
}
