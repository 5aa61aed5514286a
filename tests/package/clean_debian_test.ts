/**
 * The package on a Debian with nothing else in it but Deno: it is installed, guests
 * work with the programs where they are then, and nothing is left where it has gone.
 */
import { deepEqual } from "node:assert/strict";
import { initramfs } from "../../scripts/guest/initramfs.ts";
import { SHARE_MODULES } from "../../scripts/guest/modules.ts";
import { block } from "../docs/blocks.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { partsOf, type Release } from "../vhost/support/machine.ts";
import { debianRoot } from "./debian_root.ts";
import { besideDebian, SAY_VERSIONS, VERSIONS } from "./on_debian.ts";
import { copy, succeed } from "./support.ts";

/** How a program is started in there, and what QEMU and the guest's kernel are told of it. */
const PROGRAMS = [
  {
    name: "vhost",
    wire: "virtiofs",
    start:
      "/usr/libexec/virtfs-vhost-helper --shared-dir /mnt/share --socket-path /mnt/socket",
    qemu: "-object memory-backend-memfd,id=mem,size=256M,share=on " +
      "-numa node,memdev=mem -chardev socket,id=fs,path=root/mnt/socket " +
      "-device vhost-user-fs-pci,chardev=fs,tag=share",
    mount: "mount -t virtiofs share /mnt/share",
  },
  {
    name: "proxy",
    wire: "9p",
    start:
      "/usr/libexec/virtfs-proxy-helper -n -p /mnt/share -s /mnt/socket -u 0 -g 0",
    qemu: "-fsdev proxy,id=fs,socket=root/mnt/socket " +
      "-device virtio-9p-pci,fsdev=fs,mount_tag=share",
    mount: "mount -t 9p -o trans=virtio,version=9p2000.L share /mnt/share",
  },
] as const;

/** What a guest does with each of them. */
const WORK = `
  cd /mnt/share
  cmp given /etc/given && mkdir -p directory && cp given directory/"of $WIRE"
  mv directory/"of $WIRE" made.$WIRE && chown 7:8 made.$WIRE && sync
  cd / && umount /mnt/share && echo "DONE: $WIRE"`;

/** QEMU 10 has no 9p by a proxy any more. */
const SUITES: readonly {
  readonly suite: "bookworm" | "trixie";
  readonly virtiofs: Release;
}[] = [
  { suite: "bookworm", virtiofs: "installed" },
  { suite: "trixie", virtiofs: "trixie" },
];

const missing = lacking(
  ...["root", "unshare", "overlay", "bundler", "packager"] as const,
  ...["debootstrap", "qemu", "kernel", "busybox"] as const,
);

for (const { suite, virtiofs } of SUITES) {
  Deno.test({
    name:
      `On ${suite} with nothing else in it the package installs, serves guests, and leaves nothing`,
    ignore: missing.length > 0 || partsOf(virtiofs) === undefined,
    async fn() {
      const root = await debianRoot(suite);
      using checkout = copy("checkout");
      await succeed([
        ...[Deno.execPath(), "run", "-q", "--no-prompt", "-P=packager"],
        "scripts/package.ts",
      ], { cwd: checkout.path });
      using place = workspace();
      const given = crypto.getRandomValues(new Uint8Array(60_000));
      Deno.writeFileSync(`${place.path}/given`, given);
      const guests: string[] = [];
      for (const { name, wire, start, qemu, mount } of PROGRAMS) {
        const parts = partsOf(wire === "9p" ? "installed" : virtiofs)!;
        const scratch = `${place.path}/${name}`;
        Deno.mkdirSync(scratch);
        Deno.writeFileSync(
          `${place.path}/${name}.initramfs`,
          await initramfs(parts, {
            job: `WIRE=${wire}; ${mount} && ${WORK}`,
            modules: SHARE_MODULES[wire],
            files: { "etc/given": given },
            scratch,
          }),
        );
        guests.push(`
          inside "${start}" >log 2>&1 &
          helper=$!
          until grep -q Listening log; do
            kill -0 $helper || { cat log; exit 1; }
            sleep 0.05
          done
          "${parts.qemu}" -accel tcg -cpu max -m 256M -nodefaults -no-user-config \\
            -no-reboot -display none -serial stdio \\
            -kernel "${parts.kernel.image}" -initrd "${place.path}/${name}.initramfs" \\
            -append "console=ttyS0 quiet panic=-1 mitigations=off" ${qemu} </dev/null
          wait $helper || { cat log; exit 1; }
          stat -c "%u:%g %s" root/mnt/share/made.${wire}
          cmp root/mnt/share/made.${wire} "${place.path}/given"`);
      }
      const said = await besideDebian(
        root,
        checkout,
        `inside "$1"
        cp "${place.path}/given" root/mnt/share/given
        ${guests.join("\n")}
        inside "$2"`,
        [
          `{ ${block("docs/installing.md", "dpkg --install")}
          } >&2
          ${SAY_VERSIONS}`,
          `{ ${block("docs/installing.md", "dpkg --purge")}
          } >&2`,
        ],
      );
      deepEqual(
        // But for the kernel's last words.
        said.replaceAll("\r", "").trimEnd().split("\n").filter((line) =>
          !line.startsWith("[")
        ),
        [
          ...VERSIONS.trimEnd().split("\n"),
          ...["DONE: virtiofs", "7:8 60000", "DONE: 9p", "7:8 60000"],
        ],
      );
    },
  });
}
