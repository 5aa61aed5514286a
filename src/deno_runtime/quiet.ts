/**
 * Waits until the runtime's other threads are idle, before the jail is entered.
 *
 * @module
 */
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { ProcessCalls } from "../../ffi/process.ts";
import {
  type Architecture,
  type SyscallName,
  syscallNumber,
} from "../../ffi/syscall_numbers.ts";

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
/** How long to wait in all: a slow disk can keep a thread busy for seconds. */
const LIMIT_MS = 3000;

interface QuietTools {
  readonly proc: Pick<ProcDirectory, "list" | "readText">;
  readonly process: Pick<ProcessCalls, "threadId" | "pause">;
}

/**
 * Waits until all other threads are idle; returns false if one is still busy
 * after {@linkcode LIMIT_MS}.
 *
 * Deno opens its caches on another thread, at times only when the program runs
 * already. In the jail it would not find them, and the filter of system calls
 * would kill the process for the attempt.
 */
export function awaitQuiet(
  tools: QuietTools,
  architecture: Architecture = Deno.build.arch,
): boolean {
  const { proc, process } = tools;
  const main = process.threadId();
  const idle = IDLE.map((name) => syscallNumber(name, architecture));
  const end = performance.now() + LIMIT_MS;
  // Two looks in a row: a thread may have given work to one that was looked at before it.
  let waited = 0, quiet = 0;
  while (waited < LIMIT_MS && performance.now() < end) {
    quiet = isQuiet(proc, main, idle) ? quiet + 1 : 0;
    if (quiet === 2) return true;
    if (quiet === 1) continue;
    process.pause(PAUSE_MS);
    waited += PAUSE_MS;
  }
  return false;
}

function isQuiet(
  proc: QuietTools["proc"],
  main: number,
  idle: readonly (number | undefined)[],
): boolean {
  return proc.list("task").map(Number)
    .filter((tid) => tid > 0 && tid !== main)
    .every((tid) => idle.includes(currentCall(proc, tid)));
}

/** The number of the system call that a thread sleeps in; -1 if it runs or has ended. */
function currentCall(proc: QuietTools["proc"], tid: number): number {
  try {
    return Number.parseInt(proc.readText(`task/${tid}/syscall`)) || -1;
  } catch {
    return -1;
  }
}
