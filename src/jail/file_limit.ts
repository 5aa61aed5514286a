/**
 * How many files the process may have open.
 *
 * @module
 */
import { RLIMIT_NOFILE } from "../../ffi/constants.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { StartError } from "../errors.ts";
import type { FileLimit } from "./options.ts";
import type { JailTools } from "./plan.ts";

/**
 * Raises the hard limit to what is wanted, or, if it need not be exactly that, to
 * what the kernel has as the highest. Returns what the limit is to be at most.
 *
 * @throws {StartError} if it has to be, and can't
 */
export function raiseFileLimit(
  { limits, proc, log }: Pick<JailTools, "limits" | "proc" | "log">,
  { count, required }: FileLimit,
): bigint {
  const { soft, hard } = limits.get(RLIMIT_NOFILE);
  const most = Number(proc.readText("../sys/fs/nr_open"));
  const wanted = BigInt(required ? count : Math.min(count, most));
  if (wanted <= hard) return wanted;
  try {
    limits.set(RLIMIT_NOFILE, { soft, hard: wanted });
    return wanted;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    if (required) {
      throw new StartError(
        `Cannot have ${wanted} files open (${error.message}): the limit is ${hard}, that of the kernel ${most} (/proc/sys/fs/nr_open); give a lower --rlimit-nofile`,
      );
    }
    log.warning(
      `A limit of ${hard} open files, as a higher one is not permitted (${error.message}); accept it by --rlimit-nofile 0, or start with a higher one (ulimit -n)`,
    );
    return hard;
  }
}
