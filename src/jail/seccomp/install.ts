/**
 * The last step into the jail: from here on the process makes no system call
 * that it does not need.
 *
 * @module
 */
import { EPERM } from "../../../ffi/errno.ts";
import type { ProcDirectory, ThreadState } from "../../../ffi/proc.ts";
import { type SeccompCalls, ThreadError } from "../../../ffi/seccomp.ts";
import { SystemError } from "../../../ffi/system_error.ts";
import type { SeccompAction } from "../options.ts";
import type { Circumstances, Rule } from "./rule.ts";
import { runtimeRules } from "./runtime_rules.ts";
import { encode } from "./bpf.ts";
import { makeFilter, RETURNS } from "./filter.ts";
import { StartError } from "../../errors.ts";

/** What the filter is installed with. */
export interface FilterTools {
  readonly seccomp: SeccompCalls;
  readonly proc: ProcDirectory;
}

/**
 * Filters the system calls of all threads, those to come too, and returns the
 * threads as read back. With `none` it only bars this one from ever executing
 * anything with more rights.
 *
 * @throws {StartError} where that can't be had
 */
export function installSeccomp(
  { seccomp, proc }: FilterTools,
  action: SeccompAction,
  rules: readonly Rule[],
  circumstances: Circumstances,
): readonly ThreadState[] {
  try {
    seccomp.forbidNewPrivileges();
    if (action === "none") return proc.threads();
    seccomp.requireAction(RETURNS[action]);
    const filter = makeFilter(
      [...rules, ...runtimeRules(circumstances)],
      Deno.build.arch,
      action === "errno" ? RETURNS.errno | EPERM : RETURNS[action],
    );
    // The kernel logs kills, and what it is to log, without being asked.
    const audited = action === "errno" || action === "trap";
    seccomp.filterAll(encode(filter), audited);
  } catch (error) {
    if (!(error instanceof SystemError || error instanceof ThreadError)) {
      throw error;
    }
    throw new StartError(
      `Cannot filter system calls: ${error.message}; it takes Linux 4.17 with seccomp, and a container that allows it. ` +
        "To serve without, add --seccomp none",
    );
  }
  const threads = proc.threads();
  const bare = threads.filter(({ noNewPrivs, filtered }) =>
    !noNewPrivs || !filtered
  );
  if (bare.length > 0) {
    throw new StartError(
      `Cannot prove the jail: threads without a filter: ${
        bare.map(({ tid }) => tid).join(", ")
      }`,
    );
  }
  return threads;
}
