/**
 * Programs that a program starts, and which do not outlive it.
 *
 * @module
 */
import { childWasInterrupted, Made } from "./clean_up.ts";

/** How long a child may take to end by itself. */
const PATIENCE_MS = 5000;

/** The packages of the programs that are started here. */
const PACKAGES: Readonly<Record<string, string>> = {
  "/usr/lib/qemu/virtfs-proxy-helper": "Debian 12: qemu-system-common",
  bash: "Debian: bash",
  cp: "Debian: coreutils",
  ldd: "Debian: libc-bin",
  setpriv: "Debian: util-linux",
  unshare: "Debian: util-linux",
};

/** A program that is not installed; the message names it. */
export class MissingProgram extends Error {
  override name = "MissingProgram";
}

/** How to end a child. */
export interface Stop {
  /** What it is sent (SIGTERM). */
  readonly signal?: Deno.Signal;
  /** How long it may take before it gets SIGKILL, in milliseconds; for ever where undefined is given (5000). */
  readonly patience?: number | undefined;
}

/**
 * Starts a child. Where this program ends first, it ends the child, as `stop`
 * says.
 *
 * @throws {MissingProgram} where there is no such program
 */
export function startChild(
  program: string,
  options: Deno.CommandOptions,
  stop: Stop = {},
): Deno.ChildProcess {
  let child: Deno.ChildProcess | undefined;
  const made = new Made(async () => {
    if (child !== undefined) await endChild(child, stop);
  });
  try {
    child = new Deno.Command(program, options).spawn();
  } catch (error) {
    void made[Symbol.asyncDispose]();
    throw named(program, error);
  }
  void child.status.then(({ signal }) => {
    if (signal === "SIGINT") childWasInterrupted();
    return made[Symbol.asyncDispose]();
  });
  return child;
}

/** Runs a child to its end, like {@linkcode Deno.Command.output}. */
export function outputOf(
  program: string,
  options: Deno.CommandOptions,
): Promise<Deno.CommandOutput> {
  return startChild(program, {
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).output();
}

/** Ends a child, and resolves when it has ended. */
export async function endChild(
  child: Deno.ChildProcess,
  { signal = "SIGTERM", ...stop }: Stop = {},
): Promise<void> {
  const { patience = undefined } = { patience: PATIENCE_MS, ...stop };
  send(child, signal);
  const timer = patience === undefined
    ? undefined
    : setTimeout(() => send(child, "SIGKILL"), patience);
  await child.status;
  clearTimeout(timer);
}

function send(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** What Deno could not start, with what a person can do. */
export function named(program: string, error: unknown): unknown {
  if (error instanceof Deno.errors.NotFound) {
    const where = PACKAGES[program];
    return new MissingProgram(
      `Cannot start ${program}: it is not installed${
        where === undefined ? "" : ` (${where})`
      }`,
    );
  }
  return error instanceof Deno.errors.PermissionDenied
    ? new Error(`Cannot start ${program}: it is no program for this user`)
    : error;
}
