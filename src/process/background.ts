/**
 * Daemon mode. A runtime with threads cannot go on after fork(2), so the
 * program starts itself once more: the first process waits until the second
 * serves, or has said why it can't, and ends with a status that tells.
 *
 * @module
 */
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { SpawnCalls } from "../../ffi/spawn.ts";
import { BACKGROUND_VARIABLE, type BackgroundMark } from "./environment.ts";
import type { Log } from "../log/log.ts";
import { StartError } from "../errors.ts";

/** The low bits of a wait status: the signal, if any, wait(2). */
const SIGNAL_MASK = 0x7f;

/** Starts the second process; returns the first one's exit status. */
export function startInBackground(
  spawn: SpawnCalls,
  proc: ProcDirectory,
  log: Log,
): number {
  const { read, write } = spawn.pipe();
  const list = (name: string) => proc.readText(name).split("\0").slice(0, -1);
  const environment = list("environ").filter((entry) =>
    !entry.startsWith(`${BACKGROUND_VARIABLE}=`)
  );
  const child = spawn.spawnSelf(list("cmdline"), [
    ...environment,
    `${BACKGROUND_VARIABLE}=${write}:${spawn.duplicate(2)}:${spawn.pid()}`,
  ]);
  spawn.close(write);
  const serves = spawn.readByte(read);
  spawn.close(read);
  if (serves) return 0;
  // It has said why on our stderr, unless it could not.
  const signal = spawn.waitFor(child) & SIGNAL_MASK;
  if (signal !== 0) {
    log.error(`Cannot start: the helper was ended by signal ${signal}`);
  }
  return 1;
}

/**
 * Tells the first process that the second one serves, and lets go of the
 * caller's stderr.
 *
 * @throws {StartError}
 */
export function reportReady(
  spawn: SpawnCalls,
  { readyFd, stderrFd }: BackgroundMark,
): void {
  spawn.close(stderrFd);
  const heard = spawn.writeByte(readyFd);
  spawn.close(readyFd);
  if (!heard) throw new StartError();
}
