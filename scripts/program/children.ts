/**
 * Child processes, which end with the program that has started them.
 *
 * @module
 */
import { childWasInterrupted, Made } from "./clean_up.ts";

/** How long a child may take to end by itself. */
const PATIENCE_MS = 5000;

/** The packages of the programs that are started here. */
const PACKAGES: Readonly<Record<string, string>> = {
  "/usr/lib/qemu/virtfs-proxy-helper": "Debian 12: qemu-system-common",
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
export interface EndOptions {
  /** What it is sent (SIGTERM). */
  readonly signal?: Deno.Signal;
  /** How long it may take before it gets SIGKILL, in milliseconds; without an end where undefined is given (5000). */
  readonly patience?: number | undefined;
}

/**
 * Starts a child. Where this program ends first, it ends the child, as
 * `howToEnd` says.
 *
 * @throws {MissingProgram} where there is no such program
 */
export function startChild(
  program: string,
  options: Deno.CommandOptions,
  howToEnd: EndOptions = {},
): Deno.ChildProcess {
  let child: Deno.ChildProcess | undefined;
  const made = new Made(async () => {
    if (child !== undefined) await endChild(child, howToEnd);
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
  { signal = "SIGTERM", ...options }: EndOptions = {},
): Promise<void> {
  const { patience = undefined } = { patience: PATIENCE_MS, ...options };
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

/** Says of an error of Deno's which program is missing, and which package has it. */
function named(program: string, error: unknown): unknown {
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
