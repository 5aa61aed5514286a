/**
 * Helpers as their caller sees them: in the background, or in the foreground
 * with what they say while they run.
 *
 * @module
 */
import { Client } from "../../src/proxy/client/client.ts";
import { connectionPair } from "./connections.ts";
import { helperPath } from "./helpers.ts";
import { LIMIT_MS, Mark } from "./processes.ts";

/** Around the program. */
export interface Surroundings {
  /** Put before the program. */
  readonly wrapper?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The program and its first arguments; `helperPath()` where not given. */
  readonly program?: readonly string[];
  /** The mark to bear; a new one where not given. */
  readonly mark?: Mark;
}

/** How a program has ended. */
export interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

function command(
  args: readonly string[],
  mark: Mark,
  { wrapper = [], program = [helperPath()], env, cwd }: Surroundings,
): Deno.Command {
  const [first = "", ...rest] = [...wrapper, ...program, ...args];
  return new Deno.Command(first, {
    args: rest,
    env: { DENO: Deno.execPath(), ...env, ...mark.env },
    ...cwd === undefined ? {} : { cwd },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

/**
 * Runs the helper until the started process has ended *and* nobody holds its
 * stdout and stderr any more. One that takes too long is killed.
 */
export async function launch(
  args: readonly string[],
  mark: Mark,
  surroundings: Surroundings = {},
): Promise<Outcome> {
  const timer = setTimeout(() => mark.kill(), LIMIT_MS);
  const { code, signal, stdout, stderr } = await command(
    args,
    mark,
    surroundings,
  ).output();
  clearTimeout(timer);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, signal, stdout: text(stdout), stderr: text(stderr) };
}

/** A helper that serves in the background. */
export interface Daemon extends AsyncDisposable {
  readonly client: Client;
  readonly mark: Mark;
  /** The process in the background. */
  readonly pid: number;
  /** How the process that was started has ended. */
  readonly outcome: Outcome;
  /** `socket:[…]`, the end that the helper has. */
  readonly socket: string;
  kill(signal: Deno.Signal): void;
}

/** Starts a helper in the background, on one end of a socket pair. */
export async function startDaemon(
  directory: string,
  args: readonly string[] = [],
  surroundings: Surroundings = {},
): Promise<Daemon> {
  const mark = new Mark();
  const { connection, fd } = connectionPair();
  const client = new Client(connection);
  const socket = await ownDescriptor(fd);
  const outcome = await launch(
    ["-p", directory, "-f", String(fd), ...args],
    mark,
    surroundings,
  );
  connection.closeDescriptor(fd);
  const dispose = async () => {
    client.close();
    await mark[Symbol.asyncDispose]();
  };
  if (outcome.code !== 0) {
    await dispose();
    throw new Error(`Cannot start: ${outcome.stderr}`);
  }
  const pid = mark.pid;
  return {
    client,
    mark,
    pid,
    outcome,
    socket,
    kill: (signal) => Deno.kill(pid, signal),
    [Symbol.asyncDispose]: dispose,
  };
}

async function ownDescriptor(fd: number): Promise<string> {
  const { stdout } = await new Deno.Command("readlink", {
    args: [`/proc/${Deno.pid}/fd/${fd}`],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** A program that runs, and what it has said so far on stdout and stderr. One that takes too long is killed. */
export class Foreground implements AsyncDisposable {
  readonly mark: Mark;
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;
  #output = "";
  #ended = false;
  #heard = () => {};

  constructor(args: readonly string[], surroundings: Surroundings = {}) {
    this.mark = surroundings.mark ?? new Mark();
    this.#child = command(args, this.mark, surroundings).spawn();
    const timer = setTimeout(() => this.mark.kill(), LIMIT_MS);
    const { stdout, stderr } = this.#child;
    this.#read = Promise.all([this.#collect(stdout), this.#collect(stderr)])
      .finally(() => {
        clearTimeout(timer);
        this.#ended = true;
        this.#heard();
      });
  }

  get pid(): number {
    return this.#child.pid;
  }

  get output(): string {
    return this.#output;
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has said this, or rejects when it ends without. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.#output)) {
      if (this.#ended) {
        throw new Error(`It did not say ${pattern}, but:\n${this.#output}`);
      }
      await new Promise<void>((resolve) => this.#heard = resolve);
    }
  }

  /** Resolves when it has ended, and nobody holds its stdout and stderr. */
  async end(): Promise<
    { code: number; signal: Deno.Signal | null; output: string }
  > {
    const { code, signal } = await this.#child.status;
    await this.#read;
    return { code, signal, output: this.#output };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mark[Symbol.asyncDispose]();
    await this.end();
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    const text = new TextDecoder();
    for await (const part of stream) {
      this.#output += text.decode(part, { stream: true });
      this.#heard();
    }
  }
}

/** Starts a helper in the foreground, on a named socket, and waits until it listens. */
export async function startListening(
  directory: string,
  socket: string,
  owner: readonly [uid: number | string, gid: number | string],
  surroundings: Surroundings & { readonly args?: readonly string[] } = {},
): Promise<Foreground> {
  const [uid, gid] = owner.map(String);
  const helper = new Foreground(
    ["-n", "-p", directory, "-s", socket, "-u", uid!, "-g", gid!].concat(
      surroundings.args ?? [],
    ),
    surroundings,
  );
  try {
    await helper.says(/Listening for /);
  } catch (error) {
    await helper[Symbol.asyncDispose]();
    throw error;
  }
  return helper;
}

/** A command that runs `command` on a terminal of its own, by script(1). */
export function onTerminal(command: readonly string[]): string[] {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return ["script", "-qec", quoted.join(" "), "/dev/null"];
}
