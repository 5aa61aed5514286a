/**
 * Descriptors that a start keeps: those that its caller has passed, and those
 * that stay open in the jail.
 *
 * @module
 */
import type { Source } from "./cli/arguments.ts";
import type { KnownDescriptor } from "./jail/report.ts";
import type { PreparedSource } from "./listen/source.ts";
import type { MetricsDirectory } from "./metrics/directory.ts";
import { FIRST_PASSED } from "./process/environment.ts";
import type { Mode } from "./process/mode.ts";
import type { PidFile } from "./process/pid_file.ts";

/** The inherited descriptors that mean something. */
export function neededDescriptors(
  source: Source,
  mode: Mode,
  passed: number,
): number[] {
  return [
    ...source.kind === "descriptor" ? [source.fd] : [],
    // More than one is refused.
    ...source.kind === "passed" && passed === 1 ? [FIRST_PASSED] : [],
    ...mode.kind === "background" ? [mode.readyFd, mode.stderrFd] : [],
  ];
}

/** Files that stay open in the jail, and why. */
export function heldDescriptors(
  mode: Mode,
  source: PreparedSource,
  pidFile: Pick<PidFile, "fd" | "directory"> | undefined,
  metrics: MetricsDirectory | undefined,
  locks: readonly number[],
): KnownDescriptor[] {
  const held: KnownDescriptor[] = locks.map((fd) => ({
    fd,
    what: "a file that the caller has locked",
  }));
  if (metrics !== undefined) {
    held.push(heldDirectory(metrics, "the metrics file"));
  }
  if (pidFile !== undefined) {
    const what = "the pid file";
    held.push({ fd: pidFile.fd, what });
    // Closed before anything is served.
    if (pidFile.directory !== undefined) {
      held.push({ fd: pidFile.directory, what });
    }
  }
  if (mode.kind === "background") {
    held.push({
      fd: mode.stderrFd,
      what: "the caller's stderr until it goes on",
    });
  }
  if (source.kind === "listener" && source.lock !== undefined) {
    held.push({ fd: source.lock, what: "the lock of the socket" });
  }
  if (source.kind === "listener" && source.directory !== undefined) {
    held.push(heldDirectory(
      source.directory,
      "the socket",
      ", until somebody connects",
    ));
  }
  return held;
}

/** The directory of `file`, which leads out of the jail unless it is closed: a private mount. */
function heldDirectory(
  { fd, closed }: { readonly fd: number; readonly closed: boolean },
  file: string,
  until = "",
): KnownDescriptor {
  const how = closed ? "a mount of its own" : "which leads out by ..";
  return {
    fd,
    what: `the directory of ${file}, ${how}${until}`,
    weak: !closed,
  };
}
