/**
 * Where this process runs: decided once, by what was asked for and by what the
 * kernel says. Nobody asks the environment for it again.
 *
 * @module
 */
import { O_ACCMODE, O_WRONLY } from "../../ffi/constants.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { SocketCalls } from "../../ffi/socket.ts";
import type { SpawnCalls } from "../../ffi/spawn.ts";
import type { BackgroundMark } from "./environment.ts";
import { StartError } from "../errors.ts";

/** Where the process runs. */
export type Mode =
  /** `-n`: the caller's own child, with the caller's stdio. */
  | { readonly kind: "foreground" }
  /** Without `-n`: starts another process, and ends when that one serves. */
  | { readonly kind: "starter" }
  /** The other process. */
  | { readonly kind: "background" } & BackgroundMark;

/** What the mode is told by. */
interface ModeTools {
  readonly proc: Pick<ProcDirectory, "readLink" | "readText">;
  readonly sockets: Pick<SocketCalls, "isInherited">;
  readonly spawn: Pick<SpawnCalls, "parent" | "isHeard">;
}

/**
 * The mode of this process. A mark in the environment counts in daemon mode
 * only, and only if its starter is our parent and has given us what it says:
 * one that was left over, in a service manager's environment say, means
 * nothing.
 *
 * @throws {StartError} where the starter has ended since
 */
export function resolveMode(
  foreground: boolean,
  mark: BackgroundMark | undefined,
  tools: ModeTools,
): Mode {
  if (foreground) return { kind: "foreground" };
  if (mark === undefined || !hasDescriptors(mark, tools)) {
    return { kind: "starter" };
  }
  const { spawn } = tools;
  if (spawn.parent() === mark.starter) return { kind: "background", ...mark };
  // Only the starter has the end that is read from.
  if (!spawn.isHeard(mark.readyFd)) throw new StartError();
  return { kind: "starter" };
}

/** Whether stdio and the mark's descriptors are what a starter makes of them. */
function hasDescriptors(
  { readyFd, stderrFd }: BackgroundMark,
  { proc, sockets }: ModeTools,
): boolean {
  const isOurs = (fd: number) => fd > 2 && sockets.isInherited(fd);
  return isOurs(readyFd) && isOurs(stderrFd) && readyFd !== stderrFd &&
    [0, 1, 2].every((fd) => proc.readLink(`fd/${fd}`) === "/dev/null") &&
    proc.readLink(`fd/${readyFd}`)?.startsWith("pipe:") === true &&
    accessMode(proc, readyFd) === O_WRONLY;
}

/** How `fd` was opened, proc_pid_fdinfo(5): flags are octal. */
function accessMode(proc: ModeTools["proc"], fd: number): number {
  const flags = /^flags:\s*([0-7]+)$/m.exec(proc.readText(`fdinfo/${fd}`))?.[1];
  return Number.parseInt(flags ?? "0", 8) & O_ACCMODE;
}
