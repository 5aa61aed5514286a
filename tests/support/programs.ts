/**
 * Programs that tests start, with what they print while they run.
 *
 * @module
 */
import { LIMIT_MS, Mark } from "./processes.ts";
import { Patience } from "./patience.ts";

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The mark to bear; a new one where not given. */
  readonly mark?: Mark;
  /** Milliseconds after which it is killed; {@linkcode LIMIT_MS} where not given. */
  readonly limit?: number;
  /** The same for one that prints nothing for so long; then it may take any time as a whole. */
  readonly silence?: number;
}

/** How a program has ended, and what it has printed. */
export interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Its stdout, then its stderr. */
  readonly output: string;
}

/** A program that runs. One that takes too long is killed. */
export class RunningProgram implements AsyncDisposable {
  readonly mark: Mark;
  readonly status: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #stdout: ReadableStreamDefaultReader<Uint8Array>;
  readonly #read: Promise<unknown>;
  readonly #patience: Patience;
  readonly #printed = { stdout: "", stderr: "" };
  #ended = false;
  #allRead = false;
  #heard = () => {};

  constructor(
    [program = "", ...args]: readonly string[],
    { env, cwd, mark = new Mark(), limit = LIMIT_MS, silence }: ProgramOptions =
      {},
  ) {
    this.mark = mark;
    this.#child = new Deno.Command(program, {
      args,
      env: { DENO: Deno.execPath(), ...env, ...mark.env },
      ...cwd === undefined ? {} : { cwd },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.status = this.#child.status.finally(() => this.#ended = true);
    this.#patience = new Patience(
      silence ?? limit,
      silence !== undefined,
      () => mark.kill(),
    );
    this.#stdout = this.#child.stdout.getReader();
    this.#read = Promise.all([
      this.#collect("stdout", this.#stdout),
      this.#collect("stderr", this.#child.stderr.getReader()),
    ]).finally(() => {
      this.#patience.end();
      this.#allRead = true;
      this.#heard();
    });
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it has printed so far: its stdout, then its stderr. */
  get output(): string {
    return this.stdout + this.stderr;
  }

  get stdout(): string {
    return this.#printed.stdout;
  }

  get stderr(): string {
    return this.#printed.stderr;
  }

  /** Sends it a signal, if it has not ended. */
  kill(signal: Deno.Signal): void {
    if (!this.#ended) this.#child.kill(signal);
  }

  /** Resolves when it has printed this, or rejects when it ends without. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.output)) {
      if (this.#allRead) {
        this.#patience.check(this.output);
        throw new Error(`It did not say ${pattern}, but:\n${this.output}`);
      }
      await new Promise<void>((resolve) => this.#heard = resolve);
    }
  }

  /** Closes the pipe that it prints to. */
  async closePipe(): Promise<void> {
    await this.#stdout.cancel();
  }

  /** Kills it when it still runs in so many milliseconds, whatever was said before. */
  limitTo(milliseconds: number): void {
    if (!this.#allRead) this.#patience.limitTo(milliseconds);
  }

  /**
   * Resolves when it has ended, and nobody holds its stdout and stderr.
   *
   * @throws {Error} where it was silent for too long, with what it has printed last
   */
  async end(): Promise<Outcome> {
    const { code, signal } = await this.status;
    await this.#read;
    this.#patience.check(this.output);
    const { stdout, stderr, output } = this;
    return { code, signal, stdout, stderr, output };
  }

  /** Kills what is left of it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill("SIGKILL");
    await this.mark[Symbol.asyncDispose]();
    await this.status;
    await this.#read;
  }

  async #collect(
    name: "stdout" | "stderr",
    reader: ReadableStreamDefaultReader<Uint8Array>,
  ): Promise<void> {
    const text = new TextDecoder();
    for (;;) {
      const { value } = await reader.read();
      if (value === undefined) return;
      this.#printed[name] += text.decode(value, { stream: true });
      this.#patience.heard();
      this.#heard();
    }
  }
}

/**
 * Runs a program until it has ended *and* nobody holds its stdout and stderr
 * any more. What bears a mark that was given may run on in the background.
 */
export async function run(
  command: readonly string[],
  options: ProgramOptions = {},
): Promise<Outcome> {
  await using own = options.mark === undefined ? new Mark() : undefined;
  const mark = options.mark ?? own!;
  return await new RunningProgram(command, { ...options, mark }).end();
}

/** A command that runs `command` on a terminal of its own, by script(1). */
export function onTerminal(command: readonly string[]): string[] {
  const quoted = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return ["script", "-qec", quoted.join(" "), "/dev/null"];
}

/** Put before a command, runs it without a capability, `sys_admin` say, and without a way to get it. */
export function withoutCapability(name: string): string[] {
  return ["setpriv", "--bounding-set", `-${name}`];
}
