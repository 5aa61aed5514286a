/**
 * The processes of one test, found by a mark in their environment: the helper
 * in the background is nobody's child.
 *
 * @module
 */
import { Host, HostError } from "./host.ts";

const VARIABLE = "VPH_TEST";
/** linux/sched.h. */
const PF_EXITING = 0x4, PF_KTHREAD = 0x20_0000;

/**
 * How long anything may take. Nothing that works comes near it on a machine
 * that does something else as well: it is there to end what hangs.
 */
export const LIMIT_MS = 300_000;

/** Resolves when `holds` does; looks every few milliseconds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = performance.now() + LIMIT_MS;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A mark that processes inherit; what still bears it at the end is killed. */
export class Mark implements AsyncDisposable {
  readonly #host = new Host();
  readonly #entry = `${VARIABLE}=${crypto.randomUUID()}`;
  /** When those that were found have started, by process id: its number may be another's later. */
  readonly #found = new Map<number, string>();

  /** The variable, for a process that is to be found again. */
  get env(): Record<string, string> {
    return { [VARIABLE]: this.#entry.slice(VARIABLE.length + 1) };
  }

  /** The same for systemd-socket-activate and its like: `NAME=VALUE`. */
  get entry(): string {
    return this.#entry;
  }

  /** Those that bear the mark and live. */
  pids(): number[] {
    return this.#host.names("/proc").map(Number).filter((pid) =>
      pid > 0 && this.#bearsMark(pid)
    );
  }

  /** The only one. */
  get pid(): number {
    const [pid, another] = this.pids();
    if (pid === undefined) throw new Error("There is no process");
    if (another !== undefined) throw new Error("There are several processes");
    return pid;
  }

  /** Resolves when none lives any more, and what those that were found had open is closed. */
  async gone(): Promise<void> {
    await until("the end of all processes", () => this.#areGone());
  }

  /** Kills what there is. */
  kill(): void {
    for (const pid of this.pids()) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  /** Kills what there is and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await until("the end of what is killed", () => {
      // Again, as one may have been made since they were listed.
      this.kill();
      return this.#areGone();
    });
    this.#host[Symbol.dispose]();
  }

  #areGone(): boolean {
    if (this.pids().length > 0) return false;
    for (const [pid, started] of this.#found) {
      if (!this.#isClosed(pid, started)) return false;
      this.#found.delete(pid);
    }
    return true;
  }

  /**
   * Whether a process that bears no mark any more has nothing open: its memory
   * goes first, then its files, then it is a zombie, or gone.
   */
  #isClosed(pid: number, started: string): boolean {
    try {
      const { state, starttime } = this.#stat(pid);
      return starttime !== started || state === "X" ||
        state === "Z" && this.#host.names(`/proc/${pid}/task`).length === 1;
    } catch (error) {
      if (error instanceof HostError) return true;
      throw error;
    }
  }

  #bearsMark(pid: number): boolean {
    try {
      for (;;) {
        const { starttime, environment: before } = this.#stat(pid);
        const environ = this.#host.readFile(`/proc/${pid}/environ`);
        if (environ !== "") {
          const bears = environ.split("\0").includes(this.#entry);
          if (bears) this.#found.set(pid, starttime);
          return bears;
        }
        // In execve(2) its memory is new, and has none yet: look again.
        if (before === undefined) return false;
        if (before !== "0" && before === this.#stat(pid).environment) {
          return false;
        }
      }
    } catch (error) {
      // It has ended meanwhile.
      if (error instanceof HostError) return false;
      throw error;
    }
  }

  /** What proc_pid_stat(5) has of it. */
  #stat(pid: number): {
    readonly state: string;
    readonly starttime: string;
    /** Where its environment ends in memory, 0 during execve(2); undefined for one without memory: it ends, or is the kernel's. */
    readonly environment: string | undefined;
  } {
    const stat = this.#host.readFile(`/proc/${pid}/stat`);
    // After the name in brackets: state is the third field, flags the ninth, starttime the 22nd, env_end the 51st.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state = "", starttime = ""] = [fields[0], fields[19]];
    const ends = /^[ZX]$/.test(state) ||
      (Number(fields[6]) & (PF_EXITING | PF_KTHREAD)) !== 0;
    return { state, starttime, environment: ends ? undefined : fields[48] };
  }
}

/** A file of each thread of `pid`, `status` say, by the thread's number; without those that end meanwhile. */
export function threadFiles(
  host: Host,
  pid: number,
  name: string,
): Map<number, string> {
  const files = new Map<number, string>();
  for (const tid of host.names(`/proc/${pid}/task`)) {
    try {
      files.set(Number(tid), host.readFile(`/proc/${pid}/task/${tid}/${name}`));
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      if (host.names(`/proc/${pid}/task`).includes(tid)) throw error;
    }
  }
  return files;
}

/** How often the threads of `pid` that are there have been put to work so far; with `others` all but the main one. */
export function switches(
  host: Host,
  pid: number,
  which: "all" | "others" = "all",
): number {
  return [...threadFiles(host, pid, "status")]
    .filter(([tid]) => which === "all" || tid !== pid)
    .flatMap(([, status]) => [...status.matchAll(/_ctxt_switches:\s+(\d+)/g)])
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

/** What the descriptors of process `pid` are, by number: `/dev/null`, `socket:[4711]`. */
export async function descriptors(pid: number): Promise<Map<number, string>> {
  const text = await shell(
    `cd /proc/${pid}/fd && for fd in *; do echo "$fd $(readlink "$fd")"; done`,
  );
  return new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf(" ");
      return [Number(line.slice(0, at)), line.slice(at + 1)];
    }),
  );
}

/**
 * What the kernel says to who opens `file` anew to write, by the names of the
 * descriptors that process `pid` has of it, as the process itself could.
 */
export async function openAnew(pid: number, file: string): Promise<string[]> {
  const text = await shell(
    `for fd in /proc/$1/fd/*; do
      if [ "$fd" -ef "$2" ]; then
        LC_ALL=C dd if=/dev/null of="$fd" conv=notrunc 2>&1 | sed 's/.*: //;/records/d'
      fi
    done`,
    ...[String(pid), file],
  );
  return text.split("\n");
}

/** The processes that have a descriptor of what `name` says, once for each descriptor. */
export async function holders(name: string): Promise<number[]> {
  const text = await shell(
    `find /proc/[0-9]*/fd -lname '${
      name.replace(/[[\]]/g, "\\$&")
    }' 2>/dev/null || :`,
  );
  return text.split("\n").filter((line) => line !== "").map((line) =>
    Number(line.split("/")[2])
  );
}

/** What a shell command prints, without blanks at its end. */
export async function shell(
  command: string,
  ...args: string[]
): Promise<string> {
  return (await printed(["sh", "-c", command, "sh", ...args])).trimEnd();
}

/** What a command prints. One that fails is an error with what it complains of. */
export async function printed(
  [program = "", ...args]: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env"> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    ...options,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) {
    throw new Error(`${[program, ...args].join(" ")}: ${text(stderr)}`);
  }
  return text(stdout);
}
