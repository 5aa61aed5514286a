/**
 * Waits until the runtime's other threads are idle, before the jail is entered.
 *
 * @module
 */
import { EACCES, EPERM } from "../../ffi/errno.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { ProcessCalls } from "../../ffi/process.ts";
import {
  type Architecture,
  type SyscallName,
  syscallNumber,
} from "../../ffi/syscall_numbers.ts";
import { SystemError } from "../../ffi/system_error.ts";
import type { Log } from "../log/log.ts";

/** The system calls in which a thread sleeps that has nothing to do. */
const IDLE: readonly SyscallName[] = [
  "futex",
  "epoll_wait",
  "epoll_pwait",
  "recvfrom",
  // The kernel's name for a wait that goes on after SIGSTOP and SIGCONT.
  "restart_syscall",
];

/** Between two looks. One takes a tenth of that, or much longer on a busy machine. */
const PAUSE_MS = 1;
/**
 * How long to wait in all: a slow disk, or a hundred helpers that start at once,
 * can keep a thread busy for many seconds.
 */
const LIMIT_MS = 20_000;
/** The same where the kernel does not tell what threads do, so that it is waited blindly. */
const BLIND_LIMIT_MS = 3000;

interface QuietTools {
  readonly proc: Pick<ProcDirectory, "list" | "readText">;
  readonly process: Pick<ProcessCalls, "threadId" | "pause">;
  readonly log: Pick<Log, "warning">;
}

/** What the other threads do. */
type Sight = "idle" | "busy" | "unknown";

/**
 * Waits until all other threads are idle. Returns false, and warns, if one is
 * still busy after {@linkcode LIMIT_MS}, or if nothing can be known of them.
 *
 * Deno opens its caches on another thread, at times only when the program runs
 * already. In the jail it would not find them, and the filter of system calls
 * would kill the process for the attempt.
 */
export function awaitQuiet(
  tools: QuietTools,
  architecture: Architecture = Deno.build.arch,
): boolean {
  const { proc, process, log } = tools;
  const main = process.threadId();
  const idle = IDLE.map((name) => syscallNumber(name, architecture));
  const start = performance.now();
  // Two looks in a row: a thread may have given work to one that was looked at before it.
  let waited = 0, quiet = 0, limit = LIMIT_MS;
  while (waited < limit && performance.now() < start + limit) {
    const sight = look(proc, main, idle);
    quiet = sight === "idle" ? quiet + 1 : 0;
    if (quiet === 2) return true;
    if (quiet === 1) continue;
    if (sight === "unknown") limit = BLIND_LIMIT_MS;
    process.pause(PAUSE_MS);
    waited += PAUSE_MS;
  }
  log.warning(
    limit === LIMIT_MS
      ? `Deno's threads are still busy after ${
        LIMIT_MS / 1000
      } s: if this process is killed by SIGSYS now, start it again when the machine has less to do`
      : "The kernel does not tell whether Deno's threads are idle (/proc/PID/task/TID/syscall can't be read): if this process is killed by SIGSYS now, start it again",
  );
  return false;
}

function look(
  proc: QuietTools["proc"],
  main: number,
  idle: readonly (number | undefined)[],
): Sight {
  let sight: Sight = "idle";
  for (const tid of proc.list("task").map(Number)) {
    if (!(tid > 0) || tid === main) continue;
    const call = currentCall(proc, tid);
    if (call === "unknown") return call;
    if (!idle.includes(call)) sight = "busy";
  }
  return sight;
}

/** The number of the system call that a thread sleeps in; -1 if it runs or has ended. */
function currentCall(
  proc: QuietTools["proc"],
  tid: number,
): number | "unknown" {
  try {
    return Number.parseInt(proc.readText(`task/${tid}/syscall`)) || -1;
  } catch (error) {
    const refused = error instanceof SystemError &&
      [EACCES, EPERM].includes(error.errno);
    return refused ? "unknown" : -1;
  }
}
