/**
 * The runtime's own errands, which have to be over before the jail is entered.
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

/** What a thread is in that has nothing to do: waiting for work, or for an event. */
const IDLE: readonly SyscallName[] = [
  "futex",
  "epoll_wait",
  "epoll_pwait",
  "recvfrom",
  // The kernel's name for a wait that goes on after SIGSTOP and SIGCONT.
  "restart_syscall",
];

/** A look takes a tenth of that, and much longer on a busy machine. */
const PAUSE_MS = 1;
/** For a disk that is slow. */
const PATIENCE_MS = 3000;

/** What {@linkcode awaitQuiet} needs. */
export interface QuietTools {
  readonly proc: Pick<ProcDirectory, "list" | "readText">;
  readonly process: Pick<ProcessCalls, "threadId" | "pause">;
}

/**
 * Waits until all other threads sleep for want of work. Deno opens its caches
 * in a thread of their own while the program starts already, at times only
 * then: in the jail it would not find them, and die of the attempt by the
 * filter. Returns false where some thread never comes to rest.
 */
export function awaitQuiet(
  tools: QuietTools,
  architecture: Architecture = Deno.build.arch,
): boolean {
  const { proc, process } = tools;
  const main = process.threadId();
  const idle = IDLE.map((name) => syscallNumber(name, architecture));
  // Two looks: a thread might have given work to one that was looked at before it.
  const end = performance.now() + PATIENCE_MS;
  let waited = 0, quiet = 0;
  while (waited < PATIENCE_MS && performance.now() < end) {
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

/** The system call that a thread sleeps in; -1 for one that runs or has ended. */
function currentCall(
  proc: QuietTools["proc"],
  tid: number,
): number {
  try {
    return Number.parseInt(proc.readText(`task/${tid}/syscall`)) || -1;
  } catch {
    return -1;
  }
}
