/**
 * Programs of Debian 13, unpacked beside the machine's own Debian with the
 * libraries they need: virtiofsd, and QEMU with a kernel for its guests, which are
 * run through their loader; systemd for a root of Debian 13.
 *
 * The packages come from where this machine's own come from: apt is asked, with
 * lists and state of its own, so that nothing of the machine changes.
 *
 * @module
 */

import { isInstalled, type Parts } from "./programs.ts";

/** Something of Debian 13 that is fetched as a whole. */
interface Fetched {
  readonly what: string;
  /** Kept from run to run; not in a run's own directory, which goes with it. */
  readonly place: string;
  /** A file in it that shows that all is there. */
  readonly proof: string;
  /** Shell commands that fill the directory `root`; `get PACKAGE...` unpacks packages and all that they depend on. */
  readonly fill: string;
}

const VIRTIOFSD: Fetched = {
  what: "virtiofsd 1.13",
  place: "/var/tmp/virtiofsd-trixie",
  proof: "usr/libexec/virtiofsd",
  fill: "get virtiofsd",
};

const QEMU: Fetched = {
  what: "QEMU 10.0 with Linux 6.12",
  place: "/var/tmp/qemu-trixie",
  proof: "kernel/modules.dep",
  // Of the kernel's 100 MiB, what a guest needs: the rest is built in.
  fill: `
get qemu-system-x86
package=$(cache depends linux-image-amd64 | sed -n 's/^ *Depends: *//p')
version=\${package#linux-image-}
(cd packages && apt download "$package")
dpkg-deb --fsys-tarfile packages/linux-image-*.deb | tar -x -C root --wildcards \\
  './boot/vmlinuz-*' '*/modules.builtin*' '*/modules.order' '*/fs/overlayfs/*'
# Debian 12's own tree has modules below /lib, and depmod looks there.
mkdir -p root/lib
mv root/usr/lib/modules root/lib/modules
depmod -b root "$version"
mv root/boot/vmlinuz-* root/vmlinuz
cat >root/qemu <<'END'
#!/bin/sh
root=\${0%/*}
libraries=$root/usr/lib/x86_64-linux-gnu
export QEMU_MODULE_DIR="$libraries/qemu"
exec "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" \\
  "$root/usr/bin/qemu-system-x86_64" \\
  -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "$@"
END
chmod 755 root/qemu
mv "root/lib/modules/$version" root/kernel`,
};

const SYSTEMD: Fetched = {
  what: "systemd 257",
  place: "/var/tmp/systemd-trixie",
  proof: "usr/lib/systemd/systemd",
  fill: "get systemd",
};

const SCRIPT = `set -eu
place=$1; proof=$2
sources=/etc/apt/sources.list.d/debian.sources
mirror=$(sed -n 's/^URIs: *\\([^ ]*\\).*/\\1/p' $sources | head -n 1)
key=$(sed -n 's/^Signed-By: *//p' $sources | head -n 1)
new=$(mktemp -d "$place.XXXXXX")
trap 'rm -rf "$new"' EXIT
cd "$new"
mkdir -p lists/partial cache/archives/partial packages root
: > status
echo "deb [signed-by=$key] $mirror trixie main" > sources
own() {
  program=$1; shift
  "$program" -qq -o Dir::Etc::sourcelist="$new/sources" -o Dir::Etc::sourceparts=- \\
    -o Dir::State::lists="$new/lists" -o Dir::State::status="$new/status" \\
    -o Dir::Cache="$new/cache" -o APT::Sandbox::User=root "$@"
}
apt() { own apt-get "$@"; }
cache() { own apt-cache "$@"; }
# Nothing is installed as far as this state knows, so all that is needed comes.
get() {
  apt -y --no-install-recommends --download-only install "$@"
  for package in cache/archives/*.deb; do dpkg -x "$package" root; done
}
apt update
FILL
test -e "root/$proof"
# Another run may have been faster.
mv -T root "$place" 2>/dev/null || test -e "$place/$proof"
`;

/**
 * The command that runs virtiofsd 1.13; it is fetched where it is not there yet.
 *
 * @throws {Error} where it can't be had here
 */
export function trixieVirtiofsd(): [string, ...string[]] {
  const root = found(VIRTIOFSD);
  const libraries = `${root}/usr/lib/x86_64-linux-gnu`;
  return [
    `${libraries}/ld-linux-x86-64.so.2`,
    "--library-path",
    libraries,
    `${root}/usr/libexec/virtiofsd`,
  ];
}

/**
 * What a guest of QEMU 10.0 and Linux 6.12 is made of, with the busybox of this
 * machine; it is fetched where it is not there yet.
 *
 * @throws {Error} where it can't be had here
 */
export function trixieParts(busybox: string): Parts {
  const root = found(QEMU);
  return {
    qemu: `${root}/qemu`,
    busybox,
    kernel: {
      version: "6.12",
      image: `${root}/vmlinuz`,
      modules: `${root}/kernel`,
    },
  };
}

/**
 * What systemd 257 adds to a Debian 13 with nothing in it, to be laid over that; it
 * is fetched where it is not there yet.
 *
 * @throws {Error} where it can't be had here
 */
export function trixieSystemd(): string {
  return found(SYSTEMD);
}

/** Where it is unpacked. */
function found({ what, place, proof, fill }: Fetched): string {
  if (isInstalled(`${place}/${proof}`)) return place;
  if (Deno.build.arch !== "x86_64" || Deno.uid() !== 0) {
    throw new Error(`Cannot fetch ${what}: it takes root, and x86_64`);
  }
  const { success, stderr } = new Deno.Command("sh", {
    args: ["-c", SCRIPT.replace("FILL", () => fill), "fetch", place, proof],
    stdin: "null",
    stdout: "null",
  }).outputSync();
  if (success) return place;
  throw new Error(
    `Cannot fetch ${what}: ${new TextDecoder().decode(stderr)}`,
  );
}
