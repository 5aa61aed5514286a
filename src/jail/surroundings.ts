/**
 * What the process shares with the host beside files, and gives up before it
 * gives up its rights: namespaces, inherited limits, core dumps.
 *
 * @module
 */
import {
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWUTS,
  RLIM_INFINITY,
  RLIMIT_CORE,
  RLIMIT_FSIZE,
  RLIMIT_NOFILE,
  RLIMIT_NPROC,
  SIGXFSZ,
} from "../../ffi/constants.ts";
import type { LimitCalls } from "../../ffi/limits.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { ProcessCalls } from "../../ffi/process.ts";
import { SystemError } from "../../ffi/system_error.ts";

/** The namespaces to leave, by their names in /proc. */
export const NAMESPACES = {
  net: CLONE_NEWNET,
  ipc: CLONE_NEWIPC,
  uts: CLONE_NEWUTS,
} as const;

/** The caller's namespaces, as /proc names them, to be compared with after the jail is entered. */
export type Namespaces = Readonly<Record<string, string | undefined>>;

/** Reads the namespaces of thread `tid`. */
export function readNamespaces(proc: ProcDirectory, tid: number): Namespaces {
  return Object.fromEntries(
    Object.keys(NAMESPACES).map((
      name,
    ) => [name, proc.readLink(`task/${tid}/ns/${name}`)]),
  );
}

/** Enough for anything; more would be no better. */
const MANY_FILES = 65536n;

/**
 * Leaves and limits what can be. What the kernel refuses stays, and the
 * report shows it.
 */
export function leaveSurroundings(
  process: ProcessCalls,
  limits: LimitCalls,
): void {
  for (const flag of Object.values(NAMESPACES)) {
    attempt(() => process.leaveNamespace(flag));
  }
  process.forbidDumps();
  limits.set(RLIMIT_CORE, { soft: 0n, hard: 0n });
  freeLimits(process, limits);
}

/** Some limits of the caller could be turned against the helper by a guest. */
function freeLimits(process: ProcessCalls, limits: LimitCalls): void {
  // A file that a guest makes too large must be an errno, and not the signal that ends the process.
  process.ignoreSignal(SIGXFSZ);
  attempt(() =>
    limits.set(RLIMIT_FSIZE, { soft: RLIM_INFINITY, hard: RLIM_INFINITY })
  );
  // The kernel holds all descriptors of root that are on their way through any socket against this
  // one, unix(7) ETOOMANYREFS: with a small one the helper of another guest could use it up.
  const files = limits.get(RLIMIT_NOFILE);
  const enough = files.hard < MANY_FILES ? files.hard : MANY_FILES;
  limits.set(RLIMIT_NOFILE, { soft: enough, hard: enough });
  // The runtime's threads are nobody's from here on, and count together with all that nobody runs.
  const { hard } = limits.get(RLIMIT_NPROC);
  limits.set(RLIMIT_NPROC, { soft: hard, hard });
}

function attempt(call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
}
