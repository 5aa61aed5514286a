/**
 * System calls of a running helper that come out otherwise than the kernel
 * would have it, by strace(1).
 *
 * @module
 */
import type { RunningHelper } from "./helpers.ts";
import { RunningProgram } from "./programs.ts";

/** Arguments for a helper whose calls may be made to fail. */
export const UNFILTERED: readonly string[] = ["--seccomp=none"];

/**
 * Does `what` (`error=EIO:when=2`) to each `call` of the helper's main thread
 * from here on, until it is disposed of. It says each such call. A call that is
 * not made has no number, which the filter of a helper forbids: one that is to
 * fail takes a helper with {@linkcode UNFILTERED}.
 */
export async function tamper(
  helper: Pick<RunningHelper, "pid">,
  call: string,
  what: string,
): Promise<RunningProgram> {
  const strace = new RunningProgram([
    ...["strace", "-p", String(helper.pid)],
    ...["-e", `trace=${call}`, "-e", `inject=${call}:${what}`],
  ]);
  await strace.says(/attached/);
  return strace;
}
