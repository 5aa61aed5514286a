/**
 * The helper itself, and what is added to its set on command lines: by the
 * launcher for each start, by the compiler for ever.
 *
 * @module
 */
import { removeTree } from "../program/clean_up.ts";
import { endChild, startChild } from "../program/children.ts";
import type { Evidence } from "./judge.ts";
import { type Grant, grantsOfFlags } from "./manifest.ts";
import { expectSuccess, LoadError, type Outcome, type Yard } from "./yard.ts";

/** In place of Deno these show the command that would have been run. */
const ECHOING_DENO = "tests/fixtures/echoing_deno";
const NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"];

/** What the shown command of Deno grants besides its set. */
function granted(output: string, by: string): Grant[] {
  return grantsOfFlags(output.split("\n")[0]!.split(" "))
    .map((grant) => ({ ...grant, by }));
}

/** What the launcher adds for `-p directory`. */
async function byLauncher(yard: Yard, directory: string): Promise<Grant[]> {
  const outcome = await yard.run(
    ["scripts/virtfs-proxy-helper", "-n", "-p", directory, "-f", "3"],
    { env: { DENO: ECHOING_DENO } },
  );
  expectSuccess("the launcher", outcome);
  return granted(outcome.output, "by the launcher, for -p");
}

/** What scripts/compile.ts adds when it is given no directory. */
async function byCompiler(yard: Yard): Promise<Grant[]> {
  const outcome = await compile(yard);
  expectSuccess("the compiler", outcome);
  return granted(outcome.output, "by scripts/compile.ts");
}

async function compile(yard: Yard): Promise<Outcome> {
  const outcome = await yard.run(compiler(yard, []), {
    names: ["compiler"],
    env: { DENO: pretender(yard) },
  });
  // The bench would start what is there.
  removeTree(`${yard.root}/dist`);
  return outcome;
}

/** A compiler that shows how it was called, and makes an empty file. */
function pretender(yard: Yard): string {
  const path = `${yard.scratch}/pretender`;
  Deno.writeTextFileSync(
    path,
    `#!/bin/sh
echo "$@"
while [ "$1" != --output ]; do shift; done
: >"$2"
`,
  );
  Deno.chmodSync(path, 0o755);
  return path;
}

function compiler(yard: Yard, flags: readonly string[]): string[] {
  return yard.script("compiler", "scripts/compile.ts", flags);
}

/** Compiles with a compiler that only shows how it was called. */
export async function compilerLoad(
  yard: Yard,
): Promise<Record<string, Evidence>> {
  const outcome = await compile(yard);
  expectSuccess("the compiler", outcome);
  return {
    compiler: {
      asks: outcome.asks.compiler ?? [],
      needed: await yard.needs(
        "compiler",
        ["*"],
        (flags) => compiler(yard, flags),
        { DENO: pretender(yard) },
      ),
    },
  };
}

/** The directory that a run of the demo has exported. */
function exportOf(demo: Outcome): string {
  const [, directory] =
    / -p [\s\\]*(\S+)[\s\\]+-f[\s\\]+\d+/.exec(demo.output) ?? [];
  if (directory === undefined) {
    throw new LoadError("Cannot audit the helper: the demo shows no export");
  }
  return directory;
}

/** What the demo's helper has asked for, and what it has not asked for aloud. */
export async function helperEvidence(
  yard: Yard,
  demo: Outcome,
): Promise<Evidence> {
  const directory = exportOf(demo);
  const how = await withoutWriteGrant(yard);
  return {
    added: {
      helper: await byLauncher(yard, directory),
      compiled: await byCompiler(yard),
    },
    asks: demo.asks.helper ?? [],
    seen: how === undefined
      ? {}
      : { [`write ${directory}`]: how, "write /": how },
  };
}

/**
 * The write grant is a word to the helper, which looks whether it has it and
 * never uses it: system calls write. So look what it does without.
 */
async function withoutWriteGrant(yard: Yard): Promise<string | undefined> {
  const directory = `${yard.scratch}/export`;
  Deno.mkdirSync(directory);
  const [program = "", ...args] = [
    ...(yard.isRoot ? [] : NAMESPACE),
    ...yard.script("helper", "mod.ts", [
      "--no-code-cache",
      `--allow-read=${directory}`,
    ], [
      ...["-n", "-p", directory, "-s", `${yard.scratch}/socket`],
      ...["-u", "0", "-g", "0"],
    ]),
  ];
  const helper = startChild(program, {
    args,
    cwd: yard.root,
    env: { DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  let said = "";
  for await (const text of helper.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (/(Serving|Listening for) /.test(said)) break;
  }
  await endChild(helper);
  return /(Serving|Listening for) .*read-only/.test(said)
    ? "without it the export is read-only"
    : undefined;
}
