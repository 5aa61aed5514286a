/** What every program of this checkout does: help, refusals, colours, reasons. */
import { doesNotMatch, equal, match, notEqual, ok } from "node:assert/strict";
import { readManifest } from "../../scripts/program/manifest.ts";
import { testsThatNeed } from "../support/requirements.ts";
import type { Outcome } from "../support/programs.ts";
import { runHere } from "../support/tools.ts";

const test = testsThatNeed("root", "script");
const rootTest = testsThatNeed("root");

/** Tasks that are a program of ours, with the arguments that start it. */
const PROGRAMS = Object.entries(readManifest().tasks).flatMap(
  ([name, { command = "" }]) => {
    const [, args] = /^deno (run .* scripts\/\S+\.ts.*)$/.exec(command) ?? [];
    return args === undefined ? [] : [{ name, args: args.split(" ") }];
  },
);

const deno = (...args: string[]) => runHere([Deno.execPath(), ...args]);

Deno.test("every task that runs a script is looked at", () => {
  for (
    const name of [
      ...["demo", "demo:qemu", "test", "compile", "bundle", "package"],
      ...["generate", "audit", "compare", "bench"],
    ]
  ) ok(PROGRAMS.some((program) => program.name === name), name);
});

for (const { name, args } of PROGRAMS) {
  Deno.test(`${name} --help says how to use it and does nothing else`, async () => {
    for (const help of ["--help", "-h"]) {
      const { code, stdout, stderr } = await deno(...args, help);
      equal(code, 0, stderr);
      equal(stderr, "");
      match(stdout, /^Usage: deno task \S+/);
      match(stdout, /^ *-h, --help +\S/m);
      for (const line of stdout.split("\n")) ok(line.length <= 80, line);
    }
    // After another argument, too.
    equal((await deno(...args, "x", "--help")).code, 0);
  });

  Deno.test(`${name} refuses an argument that it does not know, in one line`, async () => {
    const { code, stdout, stderr } = await deno(...args, "--no-such-option");
    if (name === "test") {
      // deno test has the last word on what the test runner is given.
      notEqual(code, 0);
      return match(stderr, /'--no-such-option'/);
    }
    equal(code, 2);
    equal(stdout, "");
    match(stderr, /^.*--no-such-option.* Try "deno task \S+ --help"\n$/);
  });
}

/** The output of a command on a terminal of its own. */
function onTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const command = [Deno.execPath(), ...args].join(" ");
  return runHere(["script", "-qefc", command, "/dev/null"], env);
}

const demo = PROGRAMS.find(({ name }) => name === "demo")!.args;
// deno-lint-ignore no-control-regex
const ESCAPE = /\x1b\[/;

test("colours are for terminals, and for those who want them", async () => {
  match((await onTerminal(demo, { NO_COLOR: "" })).stdout, ESCAPE);
  doesNotMatch((await onTerminal(demo, { NO_COLOR: "1" })).stdout, ESCAPE);
  doesNotMatch((await deno(...demo)).stdout, ESCAPE);
});

/** Lines that are wider than a terminal, but for what is one word. */
function tooWide(text: string): string[] {
  return text.split("\n").filter((line) =>
    line.length > 80 && line.trim().includes(" ")
  );
}

rootTest("the demo fits a terminal of 80 columns", async () => {
  const { code, stdout, stderr } = await deno(...demo);
  equal(code, 0, stderr);
  match(stdout, /^MKDIR .* ✓✓$/m);
  equal(tooWide(stdout).join("\n"), "");
});
