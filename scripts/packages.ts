/**
 * The Debian packages that the tests need.
 *
 * @module
 */
import { MissingProgram, outputOf, startChild } from "./program/children.ts";

/** A package, and what is not tested without it. */
export interface Package {
  readonly name: string;
  readonly purpose: string;
}

/** All of them, for scripts/test.ts and for a person who installs them by hand. */
export const PACKAGES: readonly Package[] = [
  { name: "qemu-system-x86", purpose: "a virtual machine that uses the share" },
  {
    name: "qemu-system-common",
    purpose: "QEMU's own helper, which ours is compared with",
  },
  { name: "linux-image-amd64", purpose: "the guest's kernel" },
  { name: "busybox-static", purpose: "the guest's programs" },
  { name: "git", purpose: "repositories that a guest makes" },
  { name: "sqlite3", purpose: "databases that a guest makes" },
  { name: "attr", purpose: "extended attributes in the guest and on the host" },
  { name: "strace", purpose: "which system calls the helper makes" },
  { name: "util-linux", purpose: "namespaces, and other users" },
  { name: "mount", purpose: "file systems on images" },
  { name: "e2fsprogs", purpose: "immutable files; ext4 images" },
  { name: "xfsprogs", purpose: "xfs images" },
  { name: "btrfs-progs", purpose: "btrfs images" },
  { name: "procps", purpose: "the helper's name for ps and pgrep" },
  { name: "sysvinit-utils", purpose: "the helper's name for pidof" },
  { name: "perl-base", purpose: "processes with unusual rights" },
  {
    name: "systemd",
    purpose: "sockets passed by a service manager; unit files",
  },
  { name: "bash", purpose: "its completions" },
  { name: "fish", purpose: "its completions" },
  { name: "zsh", purpose: "its completions" },
  { name: "groff-base", purpose: "the manual page" },
  { name: "make", purpose: "what installs the programs" },
  { name: "shellcheck", purpose: "faults of programs for the shell" },
  { name: "debootstrap", purpose: "Debian with nothing else in it" },
  { name: "lintian", purpose: "what a Debian package has to be like" },
  { name: "xz-utils", purpose: "the packed sources" },
  { name: "prometheus", purpose: "what reads the figures of a helper" },
  { name: "bsdutils", purpose: "terminals that hang up" },
  { name: "tmux", purpose: "terminals, and what is on their screens" },
];

/** Those of {@linkcode PACKAGES} that are not installed, or undefined where there is no dpkg. */
export async function missingPackages(): Promise<Package[] | undefined> {
  let stdout: Uint8Array;
  try {
    // Its status is bad if one package is unknown, and it lists the others all the same.
    ({ stdout } = await outputOf("dpkg-query", {
      args: [
        "--show",
        "--showformat=${Package} ${db:Status-Status}\n",
        ...PACKAGES.map(({ name }) => name),
      ],
      stdin: "null",
    }));
  } catch (error) {
    if (error instanceof MissingProgram) return undefined;
    throw error;
  }
  const installed = new Set(
    new TextDecoder().decode(stdout).split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return PACKAGES.filter(({ name }) => !installed.has(name));
}

/** Installs `packages`; tells whether that went well. */
export async function install(
  packages: readonly Package[],
): Promise<boolean> {
  // Where that fails, the old index may do.
  await aptGet("update", "-q");
  return await aptGet(
    ...["install", "-q", "-y", "--no-install-recommends"],
    ...packages.map(({ name }) => name),
  );
}

async function aptGet(...args: string[]): Promise<boolean> {
  const { success } = await startChild("apt-get", {
    // Another apt-get may be at work on a machine that has just started.
    args: ["-o", "DPkg::Lock::Timeout=300", ...args],
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "null",
    // Killed, it would leave packages half installed.
  }, { signal: "SIGINT", patience: undefined }).status;
  return success;
}
