/**
 * Hosts with libvirt: Debian 12 and 13 as their packages are, with these programs
 * installed, a libvirtd that runs, and guests that it starts without KVM. All of
 * that in namespaces, so that nothing of the machine changes and nothing is left.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { initramfs } from "../../scripts/guest/initramfs.ts";
import { SHARE_MODULES } from "../../scripts/guest/modules.ts";
import { findParts, findProgram } from "../../scripts/guest/programs.ts";
import { block } from "../docs/blocks.ts";
import { debianRoot } from "../package/debian_root.ts";
import { copy, make, succeed } from "../package/support.ts";
import { framed } from "../support/guest.ts";
import { LIMIT_MS } from "../support/processes.ts";
import { run } from "../support/programs.ts";
import { exists, workspace } from "../support/workspace.ts";

/** What a test needs of the machine to have such a host. */
export const NEEDS = [
  ...["root", "unshare", "overlay", "mapped tmpfs", "bundler", "make"] as const,
  ...["debootstrap", "qemu", "kernel", "busybox", "attr"] as const,
] as const;

/** libvirt 9.0 with QEMU 7.2, and libvirt 11.3 with QEMU 10.0 and virtiofsd 1.13. */
export const SUITES = ["bookworm", "trixie"] as const;
export type Suite = typeof SUITES[number];

/** Each suite's packages. QEMU 7.2 brings its own virtiofsd. */
const PACKAGES: Readonly<Record<Suite, string>> = {
  bookworm: "libvirt-daemon-system libvirt-clients qemu-system-x86",
  trixie:
    "libvirt-daemon-system libvirt-clients qemu-system-x86 virtiofsd uidmap apparmor",
};

/**
 * Arguments: Debian's root, where that with libvirt is to be, packages. It appears
 * when it is complete. No daemon is started there.
 */
const INSTALL = `set -eu
base=$1 place=$2; shift 2
new=$(mktemp -d "$place.XXXXXX")
trap 'rm -rf "$new"' EXIT
cp -a "$base/." "$new"
printf '#!/bin/sh\\nexit 101\\n' >"$new/usr/sbin/policy-rc.d"
chmod 755 "$new/usr/sbin/policy-rc.d"
# Names are looked up as they are here.
[ ! -e /etc/resolv.conf ] || cp -L /etc/resolv.conf "$new/etc/resolv.conf"
unshare --mount --pid --fork sh -euc '
  mount -t proc proc "$0/proc"
  mount --rbind /dev "$0/dev"
  export DEBIAN_FRONTEND=noninteractive
  apt() { chroot "$0" apt-get -q -o DPkg::Options::=--force-unsafe-io "$@"; }
  apt update && apt install -y --no-install-recommends "$@" && apt clean
' "$new" "$@" >&2
# The group of those who may use /dev/kvm is made by udev, which is not there.
grep -q ^kvm: "$new/etc/group" || chroot "$new" groupadd --system kvm
chroot "$new" usermod --append --groups kvm libvirt-qemu
chroot "$new" useradd --create-home alice
# Another run may have been faster.
mv -T "$new" "$place" 2>/dev/null || test -e "$place/usr/sbin/libvirtd"
`;

/**
 * Arguments: a suite's root, what is installed besides, Deno, the kernel, the
 * archive with its root file system, host.sh, a script. It runs there as root,
 * with the machine's kernel and none of its other directories.
 */
const ENTER = `set -eu
  root=$1 installed=$2 deno=$3 kernel=$4 archive=$5 commands=$6 script=$7
  mount -t tmpfs none /mnt && cd /mnt
  mkdir upper work root
  mount -t overlay -o lowerdir="$installed:$root",upperdir=upper,workdir=work none root
  cd root
  mount -t proc proc proc
  mount -t sysfs sys sys
  for directory in dev run srv tmp; do mount -t tmpfs "$directory" $directory; done
  chmod 1777 tmp
  # No /dev/kvm: where it is there and does not work, libvirt asks QEMU again and again.
  for device in null zero full random urandom tty; do
    touch dev/$device && mount --bind /dev/$device dev/$device
  done
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=666 none dev/pts
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  touch usr/local/bin/deno
  mount --bind "$deno" usr/local/bin/deno
  # Copies: libvirt gives what a guest boots to QEMU's user.
  cp "$kernel" mnt/kernel
  cp "$archive" mnt/initramfs
  chmod 644 mnt/kernel mnt/initramfs
  cp "$commands" mnt/host.sh
  mkdir mnt/old
  pivot_root . mnt/old
  cd /
  umount --lazy /mnt/old
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
    LC_ALL=C.UTF-8 HOME=/root sh -euc ". /mnt/host.sh; $script"
`;

/** What a script has printed, and what its guests have. */
export interface Said {
  /** The lines of the script. */
  readonly lines: readonly string[];
  /** Those of each share's part of the guest's job: of the last guest, if there were several. */
  readonly guest: ReadonlyMap<string, readonly string[]>;
}

/** Runs a script there; it has to end well. A guest's console is /run/console. */
export async function onLibvirt(suite: Suite, script: string): Promise<Said> {
  const root = await libvirtRoot(suite);
  using checkout = copy("checkout");
  using place = workspace();
  Deno.chmodSync(place.path, 0o755);
  const installed = `${place.path}/installed`;
  await make(checkout.path, "install", `DESTDIR=${installed}`, "PREFIX=/usr");
  const { kernel, archive } = await bootFiles(place.path);
  const { code, stdout, output } = await run([
    ...["unshare", "--mount", "--pid", "--fork", "--kill-child"],
    ...["--net", "--ipc", "--uts", "sh", "-c", ENTER, "sh"],
    ...[root, installed, Deno.execPath(), kernel, archive],
    ...[new URL("./host.sh", import.meta.url).pathname],
    `${script}\necho '@@@ console'; cat /run/console 2>/dev/null || :`,
  ], { cwd: place.path, limit: LIMIT_MS });
  equal(code, 0, `${script}\n${output}`);
  const [said = "", console = ""] = stdout.split("@@@ console\n");
  return {
    lines: said.split("\n").slice(0, -1),
    guest: framed(console.replaceAll("\r", "")),
  };
}

/** The path of a suite's root with libvirt, which nobody may change; kept from run to run. */
async function libvirtRoot(suite: Suite): Promise<string> {
  const place = `/var/tmp/libvirt-${suite}`;
  if (!exists(`${place}/usr/sbin/libvirtd`)) {
    const base = await debianRoot(suite);
    await succeed(
      ["sh", "-c", INSTALL, "sh", base, place, ...PACKAGES[suite].split(" ")],
      // As long as a network takes.
      { limit: 4 * LIMIT_MS },
    );
  }
  return place;
}

/** Makes what a guest boots, in a directory. */
async function bootFiles(
  directory: string,
): Promise<{ readonly kernel: string; readonly archive: string }> {
  const { parts } = findParts();
  if (parts === undefined) throw new Error("Cannot boot a guest here");
  const scratch = `${directory}/scratch`;
  const archive = `${directory}/initramfs`;
  Deno.mkdirSync(scratch);
  Deno.writeFileSync(
    archive,
    await initramfs(parts, {
      job: Deno.readTextFileSync(new URL("./job.sh", import.meta.url)),
      modules: SHARE_MODULES.virtiofs,
      files: { mount: block("docs/libvirt.md", "mount -t virtiofs") },
      programs: ["setfattr", "getfattr"].map((name) => findProgram(name)!),
      scratch,
    }),
  );
  return { kernel: parts.kernel.image, archive };
}
