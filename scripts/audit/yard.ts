/**
 * A copy of the checkout to run its programs in: some of them write to it, and
 * the manifest may be another one than its own.
 *
 * @module
 */
import { named, startChild } from "../program/children.ts";
import { TemporaryDirectory } from "../program/clean_up.ts";
import { Collector, parseLog } from "./collect.ts";
import type { Ask } from "./judge.ts";
import type { Manifest } from "./manifest.ts";

/** What is needed of the checkout. */
const PARTS = [
  ...["mod.ts", "ffi", "src", "scripts", "tests"],
  ...["completions", "contrib", "man", "README.md"],
];
const NOBODY = "65534";

/** How a program has ended, and what its processes of Deno have asked for. */
export interface Outcome {
  readonly code: number;
  /** All that it has printed. */
  readonly output: string;
  /** By the names that were given. */
  readonly asks: Readonly<Record<string, readonly Ask[]>>;
}

/** A program did not run as it should, so nothing can be said. */
export class LoadError extends Error {
  override name = "LoadError";
}

/**
 * What an outcome has to be for its log to count.
 *
 * @throws {LoadError}
 */
export function expectSuccess(what: string, { code, output }: Outcome): void {
  if (code !== 0) {
    throw new LoadError(
      `Cannot audit ${what}: it ended with status ${code}\n${output}`,
    );
  }
}

/** How to run a program. */
export interface RunOptions {
  /** The processes of Deno to listen to, in the order of their start. */
  readonly names?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The copy, until it is disposed of. */
export class Yard implements AsyncDisposable {
  /** The copy's directory. Ordinary users can read it. */
  readonly root: string;
  /** For other files. */
  readonly scratch: string;
  readonly isRoot: boolean;
  /** Deno, where ordinary users can start it, too. */
  readonly deno: string;
  readonly #made: TemporaryDirectory;
  #runs = 0;

  /** @param manifest the text of the deno.json to use */
  constructor(manifest: string, checkout: string) {
    this.#made = new TemporaryDirectory("/tmp", "vph-audit-");
    this.scratch = this.#made.path;
    Deno.chmodSync(this.scratch, 0o755);
    this.root = `${this.scratch}/checkout`;
    this.deno = `${this.scratch}/deno`;
    this.isRoot = Deno.uid() === 0;
    Deno.mkdirSync(this.root);
    command("cp", [
      ...["-R", "--"],
      ...PARTS.map((part) => `${checkout}/${part}`),
      this.root,
    ]);
    Deno.writeTextFileSync(`${this.root}/deno.json`, manifest);
    // npm keeps root's Deno below root's home.
    if (this.isRoot) command("cp", ["--", Deno.execPath(), this.deno]);
    else this.deno = Deno.execPath();
  }

  /** The command that runs a script of the copy with a set, and with `flags`. */
  script(
    set: string,
    path: string,
    flags: readonly string[] = [],
    args: readonly string[] = [],
  ): string[] {
    return [
      ...[this.deno, "run", "-q", "--no-prompt", `-P=${set}`, ...flags],
      ...[path, ...args],
    ];
  }

  /** The same command as an ordinary user. */
  asUser(words: readonly string[]): string[] {
    return this.isRoot
      ? [
        ...["setpriv", "--reuid", NOBODY, "--regid", NOBODY],
        ...["--clear-groups", "--", ...words],
      ]
      : [...words];
  }

  /** The same command on a terminal. */
  onTerminal(words: readonly string[]): string[] {
    const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`);
    return ["script", "-qefc", quoted.join(" "), "/dev/null"];
  }

  /** Runs a command in the copy. One that is not there says so, by env(1). */
  async run(
    [program = "", ...args]: readonly string[],
    { names = [], env = {} }: RunOptions = {},
  ): Promise<Outcome> {
    const logs = `${this.scratch}/run${this.#runs++}`;
    Deno.mkdirSync(logs);
    const collector = names.length > 0
      ? await Collector.start(logs, names)
      : undefined;
    try {
      const { code, stdout, stderr } = await startChild("env", {
        args: [program, ...args],
        cwd: this.root,
        env: { NO_COLOR: "1", ...env, ...collector?.env },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        // It cleans up itself, and waits for its own children.
      }, { patience: 30_000 }).output();
      await collector?.end();
      const text = new TextDecoder();
      return {
        code,
        output: text.decode(stdout) + text.decode(stderr),
        asks: Object.fromEntries(names.map((name) => [
          name,
          parseLog(Deno.readTextFileSync(`${logs}/${name}.log`)),
        ])),
      };
    } finally {
      await collector?.end();
    }
  }

  /**
   * The flag for a manifest in which `set` may not run `program`, or nothing
   * where that is `*`. (`--deny-run` would not do: what is listed by its name
   * stays allowed.)
   */
  without(set: string, program: string): string {
    const manifest = JSON.parse(
      Deno.readTextFileSync(`${this.root}/deno.json`),
    ) as Manifest;
    const content = (manifest.permissions?.[set] ??
      manifest[set as "test"]?.permissions ?? {}) as { run?: unknown };
    content.run = program !== "*" && Array.isArray(content.run)
      ? content.run.filter((value) => value !== program)
      : false;
    Deno.writeTextFileSync(
      `${this.root}/without.json`,
      JSON.stringify(manifest),
    );
    return "--config=without.json";
  }

  /** Which of the programs that `set` may run, `*` for any, a command cannot do without. */
  async needs(
    set: string,
    programs: readonly string[],
    make: (flags: readonly string[]) => readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string[]> {
    const needed: string[] = [];
    for (const program of programs) {
      const command = make([this.without(set, program)]);
      const { code, output } = await this.run(command, { env });
      if (code !== 0 && output.includes("Requires run access to")) {
        needed.push(program);
      }
    }
    return needed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made[Symbol.asyncDispose]();
  }
}

function command(program: string, args: readonly string[]): void {
  let outcome: Deno.CommandOutput;
  try {
    outcome = new Deno.Command(program, {
      args: [...args],
      stdin: "null",
    }).outputSync();
  } catch (error) {
    throw named(program, error);
  }
  if (!outcome.success) {
    throw new LoadError(
      `Cannot prepare an audit: ${
        new TextDecoder().decode(outcome.stderr).trim()
      }`,
    );
  }
}
