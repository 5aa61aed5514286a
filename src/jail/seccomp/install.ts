/**
 * Installs the filter of system calls: the last step into the jail.
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

interface FilterTools {
  readonly seccomp: SeccompCalls;
  readonly proc: ProcDirectory;
}

/**
 * Filters the system calls of all threads, and of those that they start, and
 * returns the state of the threads, read back from /proc. For the action `none`
 * it only sets no_new_privs, and only for the main thread.
 *
 * @throws {StartError} if the kernel refuses, or a thread has no filter
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
    // The actions kill and log are logged by the kernel anyway.
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
  const unfiltered = threads.filter(({ noNewPrivs, filtered }) =>
    !noNewPrivs || !filtered
  );
  if (unfiltered.length > 0) {
    throw new StartError(
      `Cannot prove the jail: threads without a filter: ${
        unfiltered.map(({ tid }) => tid).join(", ")
      }`,
    );
  }
  return threads;
}
