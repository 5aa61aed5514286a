/**
 * A machine of systemd's own: it is the first process of its namespaces, and has
 * Debian's files, which it sees through an overlay, so that nothing of them changes.
 *
 * @module
 */
import { type Outcome, run, RunningProgram } from "../support/programs.ts";
import { workspace } from "../support/workspace.ts";

/** What a machine is made of. */
export interface MachineOptions {
  /** Directories that make up its root, the first one above the others. */
  readonly layers: readonly string[];
  /** What is copied into it, by names from its root. */
  readonly files: string;
}

/**
 * Arguments: a directory, layers joined by colons, Deno, files.
 *
 * The control group is one below the caller's, as a tree of systemd's own: what it
 * makes in it is removed in the end. In the tree is nothing that the kernel could be
 * changed by: /proc/sys and /sys are read-only, and then systemd leaves them alone.
 */
const BOOT = `set -eu
directory=$1 layers=$2 deno=$3
mount --make-rprivate /
mkdir "$directory/groups"
mount -t cgroup2 none "$directory/groups"
group=$directory/groups$(sed -n s/^0:://p /proc/self/cgroup)/\${directory##*/}
mkdir "$group"
(
  read -r self rest </proc/self/stat
  echo "$self" >"$group/cgroup.procs"
  exec unshare --mount --pid --fork --cgroup --uts --ipc --net --kill-child sh -euc '
    directory=$1 layers=$2 deno=$3 files=$4
    # As the one who starts it sees it: /proc is still that one'"'"'s.
    read -r pid rest </proc/self/stat
    umount -l "$directory/groups"
    mount -t tmpfs none "$directory"
    cd "$directory"
    mkdir upper work root
    cp -a "$files/." upper
    mount -t overlay -o "lowerdir=$layers,upperdir=upper,workdir=work" none root
    cd root
    rm -f usr/local/bin/deno
    : >usr/local/bin/deno
    mount --bind "$deno" usr/local/bin/deno
    mount -t proc proc proc
    mount --bind proc/sys proc/sys
    mount -o remount,bind,ro proc/sys
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup
    mount -t tmpfs -o mode=755 none dev
    mkdir dev/pts dev/shm
    for device in null zero full random urandom tty; do
      : >dev/$device
      mount --bind /dev/$device dev/$device
    done
    ln -s /proc/self/fd dev/fd
    ln -s pts/ptmx dev/ptmx
    for place in run srv tmp; do mount -t tmpfs -o mode=755 none $place; done
    grep -q ^kvm: etc/group || echo kvm:x:64056: >>etc/group
    # What is for the kernel, for a first boot, or takes long.
    mkdir -p etc/systemd/system
    for unit in systemd-sysctl.service systemd-modules-load.service \\
      sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \\
      systemd-firstboot.service ldconfig.service systemd-hwdb-update.service \\
      systemd-journal-catalog-update.service; do
      ln -sf /dev/null etc/systemd/system/$unit
    done
    cat >etc/systemd/system/machine.target <<END
[Unit]
Requires=sysinit.target sockets.target
END
    mkdir -p mnt/before
    pivot_root . mnt/before
    umount -l /mnt/before
    # As systemd does it where it is not in a container.
    mount --make-rshared /
    echo "The machine is $pid."
    exec env -i container=test PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \\
      /lib/systemd/systemd --unit=machine.target --log-target=journal --show-status=0
  ' sh "$@"
) || :
find "$group" -depth -type d -exec rmdir {} +`;

/** What it says when it is about to become systemd, with its process id outside. */
const PID = /^The machine is (\d+)\.$/m;

/** A machine that runs. */
export class Machine implements AsyncDisposable {
  readonly #directory: ReturnType<typeof workspace>;
  readonly #program: RunningProgram;
  readonly #pid: number;

  private constructor(
    directory: ReturnType<typeof workspace>,
    program: RunningProgram,
  ) {
    this.#directory = directory;
    this.#program = program;
    this.#pid = Number(PID.exec(program.stdout)![1]);
  }

  /** Resolves when it has started what there is to start. */
  static async boot(
    { layers, files }: MachineOptions,
  ): Promise<Machine> {
    const directory = workspace();
    const program = new RunningProgram(
      ["unshare", "--mount", "sh", "-c", BOOT, "sh"]
        .concat(directory.path, layers.join(":"), Deno.execPath(), files),
    );
    try {
      await program.says(PID);
      const machine = new Machine(directory, program);
      // systemd listens a little later.
      await machine.must(`
        until systemctl is-system-running --wait >/dev/null 2>&1; do
          case $(systemctl is-system-running 2>&1) in degraded) break ;; esac
          sleep 0.05
        done`);
      return machine;
    } catch (error) {
      await program[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
      throw error;
    }
  }

  /** Where the caller finds a file of the machine's. */
  path(path: string): string {
    return `/proc/${this.#pid}/root${path}`;
  }

  /** Runs a script of the shell's in it, as root. */
  async run(script: string): Promise<Outcome> {
    return await run([
      ...["nsenter", `--target=${this.#pid}`, "--all", "--root", "--wd"],
      ...["env", "-i", "LC_ALL=C.UTF-8"],
      "PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      ...["sh", "-euc", script],
    ]);
  }

  /** Runs a script that has to end well. Returns what it has printed to stdout. */
  async must(script: string): Promise<string> {
    const { code, stdout, output } = await this.run(script);
    if (code !== 0) {
      const { stdout: journal } = await this.run("journalctl --no-pager");
      throw new Error(`${script}\nended with ${code}: ${output}\n${journal}`);
    }
    return stdout;
  }

  /** Ends all that runs in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    Deno.kill(this.#pid, "SIGKILL");
    await this.#program.end();
    await this.#program[Symbol.asyncDispose]();
    this.#directory[Symbol.dispose]();
  }
}
