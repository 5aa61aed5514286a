/**
 * Isolates the process from the host in what has nothing to do with files:
 * namespaces, resource limits, core dumps.
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

/** The namespaces of a thread, as /proc names them: `net:[4026531840]`. */
export type Namespaces = Readonly<Record<string, string | undefined>>;

/** Reads the namespaces of thread `tid`. */
export function readNamespaces(proc: ProcDirectory, tid: number): Namespaces {
  return Object.fromEntries(
    Object.keys(NAMESPACES).map((name) => [
      name,
      proc.readLink(`task/${tid}/ns/${name}`),
    ]),
  );
}

/** The limit of open files where no other is asked for, if the caller's hard limit permits it. */
const MAX_FILES = 65536n;

/**
 * Leaves the caller's namespaces, forbids dumps, and sets limits. What the
 * kernel refuses stays as it was; the report of the sandbox says so.
 */
export function isolateProcess(
  process: ProcessCalls,
  limits: LimitCalls,
  maxFiles: bigint = MAX_FILES,
): void {
  for (const flag of Object.values(NAMESPACES)) {
    attempt(() => process.leaveNamespace(flag));
  }
  process.forbidDumps();
  limits.set(RLIMIT_CORE, { soft: 0n, hard: 0n });
  // The other limits are raised: by a low one a guest could disturb the helper. A file
  // that grows too large shall be an errno, and not a signal that ends the process.
  process.ignoreSignal(SIGXFSZ);
  attempt(() =>
    limits.set(RLIMIT_FSIZE, { soft: RLIM_INFINITY, hard: RLIM_INFINITY })
  );
  // Against this limit the kernel counts all descriptors of this user that are in flight in
  // any socket, unix(7) ETOOMANYREFS: the helper of another guest could use up a low one.
  const files = limits.get(RLIMIT_NOFILE);
  const enough = files.hard < maxFiles ? files.hard : maxFiles;
  limits.set(RLIMIT_NOFILE, { soft: enough, hard: enough });
  // The runtime's threads will run as nobody, and count together with all processes of nobody.
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
