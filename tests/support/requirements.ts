/**
 * What a test needs of the machine, asked in one place, so that a run can say
 * what it left out and why.
 *
 * @module
 */
import { findProgram, isInstalled } from "../../scripts/guest/programs.ts";
import { LACKING_FILE } from "../../scripts/report.ts";
import { type FileSystemKind, mountNew } from "./file_systems.ts";
import { ORIGINAL } from "./helpers.ts";
import { Host, HostError } from "./host.ts";
import { System } from "./system.ts";
import { exists, runnerDirectory, workspace } from "./workspace.ts";

/** Each need: whether it is met, and what to say where it is not. */
const NEEDS = {
  root: [once(isRoot), "root's rights, outside of a user namespace"],
  original: [
    () => isInstalled(ORIGINAL),
    `QEMU's own helper, ${ORIGINAL} (Debian 12: qemu-system-common)`,
  ],
  qemu: [
    () => inPath("qemu-system-x86_64"),
    "qemu-system-x86_64 (Debian: qemu-system-x86)",
  ],
  kernel: [
    () => kernels().length > 0,
    "a kernel /boot/vmlinuz-* with its modules (Debian: linux-image-amd64)",
  ],
  busybox: [() => inPath("busybox"), "busybox (Debian: busybox-static)"],
  strace: [() => inPath("strace"), "strace (Debian: strace)"],
  attr: [() => inPath("setfattr"), "setfattr and getfattr (Debian: attr)"],
  unshare: [() => inPath("unshare"), "unshare (Debian: util-linux)"],
  perl: [() => inPath("perl"), "perl (Debian: perl-base)"],
  git: [() => inPath("git"), "git (Debian: git)"],
  sqlite: [() => inPath("sqlite3"), "sqlite3 (Debian: sqlite3)"],
  bash: [() => inPath("bash"), "bash (Debian: bash)"],
  zsh: [() => inPath("zsh"), "zsh (Debian: zsh)"],
  fish: [() => inPath("fish"), "fish (Debian: fish)"],
  groff: [() => inPath("groff"), "groff (Debian: groff-base)"],
  systemd: [
    () => inPath("systemd-analyze"),
    "systemd-analyze (Debian: systemd)",
  ],
  "own systemd": [
    once(() =>
      isRoot() && inPath("systemctl") && inPath("nsenter") &&
      succeeds(
        ...["unshare", "--mount", "--cgroup", "sh", "-c"] as const,
        "mount -t cgroup2 none /mnt",
      )
    ),
    "systemd and control groups of version 2 for a systemd of one's own (Debian: systemd, util-linux)",
  ],
  setpriv: [() => inPath("setpriv"), "setpriv (Debian: util-linux)"],
  script: [() => inPath("script"), "script (Debian: bsdutils)"],
  tmux: [() => inPath("tmux"), "tmux (Debian: tmux)"],
  procps: [
    () => ["ps", "pgrep", "pidof"].every(inPath),
    "ps, pgrep and pidof (Debian: procps, sysvinit-utils)",
  ],
  "socket activation": [
    () => inPath("systemd-socket-activate"),
    "systemd-socket-activate (Debian: systemd)",
  ],
  compiler: [
    () => Boolean(Deno.env.get("DENORT_BIN")) && inPath("npx"),
    "a base for `deno compile` of Deno 2.7.11, in $DENORT_BIN",
  ],
  bundler: [once(bundles), "esbuild, which `deno bundle` gets from npm"],
  debootstrap: [
    () => inPath("debootstrap"),
    "debootstrap (Debian: debootstrap)",
  ],
  promtool: [() => inPath("promtool"), "promtool (Debian: prometheus)"],
  make: [() => inPath("make"), "make (Debian: make)"],
  shellcheck: [
    () => inPath("shellcheck"),
    "shellcheck (Debian: shellcheck)",
  ],
  packager: [
    () => ["make", "dpkg-deb", "dpkg-divert", "lintian", "xz"].every(inPath),
    "dpkg-deb, lintian, make and xz (Debian: dpkg, lintian, make, xz-utils)",
  ],
  "user namespaces": [
    once(() =>
      succeeds("setpriv", "--reuid=1234", "--clear-groups", "unshare", "-Ur")
    ),
    "the right of ordinary users to make user namespaces",
  ],
  mount: [
    once(() => worksOn((system, path) => system.mountTmpfs(path, "size=64k"))),
    "the right to mount",
  ],
  immutable: [
    once(() =>
      worksOn((_, path) => {
        using host = new Host();
        host.setImmutable(path, true);
        host.setImmutable(path, false);
      })
    ),
    "immutable files in /var/tmp, and the right to make them",
  ],
  xattrs: [
    once(() => worksOn((_, path) => setXattr(path, 16))),
    "user xattrs in /var/tmp",
  ],
  "big xattrs": [
    once(() =>
      worksOn((system, path) => {
        system.mountTmpfs(path, "size=64k");
        setXattr(path, 65536);
      })
    ),
    "user xattrs on a tmpfs (Linux 6.6)",
  ],
  "mapped ext4": [
    once(() => linuxIs(5, 12) && canMount("ext4")),
    "ext4 with mapped ids (Linux 5.12), mkfs.ext4 (Debian: e2fsprogs), loop devices",
  ],
  "mapped xfs": [
    once(() => linuxIs(5, 12) && canMount("xfs")),
    "xfs with mapped ids (Linux 5.12), mkfs.xfs (Debian: xfsprogs), loop devices",
  ],
  "mapped btrfs": [
    once(() => linuxIs(5, 15) && canMount("btrfs")),
    "btrfs with mapped ids (Linux 5.15), mkfs.btrfs (Debian: btrfs-progs), loop devices",
  ],
  "mapped tmpfs": [
    once(() => linuxIs(6, 3) && canMount("tmpfs")),
    "tmpfs with mapped ids (Linux 6.3)",
  ],
  overlay: [once(() => canMount("overlay")), "overlayfs in /var/tmp"],
} as const satisfies Record<string, readonly [() => boolean, string]>;

/** Something that not every machine has. */
export type Need = keyof typeof NEEDS;

/** What is missing of `needs`, in words; empty where all is there. */
export function lacking(...needs: Need[]): string[] {
  const missing = needs.flatMap((need) => {
    const [met, words] = NEEDS[need];
    return met() ? [] : [words];
  });
  tellRunner(missing);
  return missing;
}

/**
 * What defines a test that is left out where something of `needs` is missing, or
 * does not hold. To be called `test`: `const test = testsThatNeed("root", "mount");`
 */
export function testsThatNeed(
  ...needs: (Need | boolean)[]
): (
  name: string,
  run: (context: Deno.TestContext) => void | Promise<void>,
) => void {
  const named = needs.filter((need) => typeof need !== "boolean");
  const ignore = lacking(...named).length > 0 || needs.includes(false);
  return (name, run) => Deno.test({ name, ignore, fn: run });
}

/** For the end of the runner's report. */
function tellRunner(missing: readonly string[]): void {
  const directory = runnerDirectory();
  if (directory === undefined || missing.length === 0) return;
  Deno.writeTextFileSync(
    `${directory}/${LACKING_FILE}`,
    missing.map((words) => `${words}\n`).join(""),
    { append: true },
  );
}

/** Installed kernels that have modules too, as versions. */
export function kernels(): string[] {
  try {
    return [...Deno.readDirSync("/boot")]
      .flatMap(({ name }) =>
        name.startsWith("vmlinuz-") ? [name.slice("vmlinuz-".length)] : []
      )
      .filter((version) => exists(`/lib/modules/${version}`))
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Root, and of all ids: in a user namespace most of them belong to nobody. */
function isRoot(): boolean {
  if (Deno.uid() !== 0) return false;
  using host = new Host();
  return /^\s*0\s+0\s+4294967295$/m.test(host.readFile("/proc/self/uid_map"));
}

/** Whether `attempt` can do its work in a new directory. */
function worksOn(attempt: (system: System, path: string) => void): boolean {
  using directory = workspace();
  try {
    using system = new System();
    attempt(system, directory.path);
    return true;
  } catch (error) {
    if (error instanceof HostError) return false;
    throw error;
  }
}

function bundles(): boolean {
  using directory = workspace();
  Deno.writeTextFileSync(`${directory.path}/empty.ts`, "");
  const { success } = new Deno.Command(Deno.execPath(), {
    args: ["bundle", "-q", "-o", "out.js", "empty.ts"],
    cwd: directory.path,
    stdin: "null",
    stderr: "null",
  }).outputSync();
  return success;
}

function canMount(kind: FileSystemKind): boolean {
  try {
    mountNew(kind)[Symbol.dispose]();
    return true;
  } catch (error) {
    if (error instanceof HostError) return false;
    throw error;
  }
}

/** Whether the kernel is of this version or a later one. */
function linuxIs(major: number, minor: number): boolean {
  using host = new Host();
  const [a = 0, b = 0] = host.readFile("/proc/sys/kernel/osrelease").split(".")
    .map(Number);
  return a > major || a === major && b >= minor;
}

function setXattr(path: string, size: number): void {
  using host = new Host();
  host.setXattr(path, "user.try", new Uint8Array(size));
}

/** Asks once: what was found stays so. */
function once(ask: () => boolean): () => boolean {
  let known: boolean | undefined;
  return () => known ??= ask();
}

function succeeds(program: string, ...args: string[]): boolean {
  if (!inPath(program)) return false;
  const { success } = new Deno.Command(program, {
    args: [...args, "true"],
    stdin: "null",
    stderr: "null",
  }).outputSync();
  return success;
}

function inPath(program: string): boolean {
  return findProgram(program) !== undefined;
}
