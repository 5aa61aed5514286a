/** What works without a network, and with nothing in Deno's cache. */
import { doesNotMatch, equal, match } from "node:assert/strict";
import { lacking, type Need } from "../support/requirements.ts";
import { DENO, IsolatedProgram } from "../support/isolated_program.ts";

const needs = (...more: Need[]) => ({
  ignore: lacking("root", "unshare", ...more).length > 0,
});

/** Runs a task to its end. */
async function task(
  words: readonly string[],
  before: readonly string[] = [],
): Promise<{ code: number; output: string }> {
  await using isolated = new IsolatedProgram({
    command: [...before, DENO, "task", "-q", ...words],
    env: { NO_COLOR: "1" },
    inCopy: true,
    offline: true,
  });
  const outcome = await isolated.end();
  await isolated.leavesNothing();
  return outcome;
}

Deno.test({
  name: "an ordinary user sees the demo without a network",
  ...needs("setpriv", "user namespaces"),
  async fn() {
    const { code, output } = await task(["demo"], [
      ...["setpriv", "--reuid=1234", "--regid=1234", "--clear-groups"],
      ...["env", "HOME=/nonexistent"],
    ]);
    equal(code, 0, output);
    // Of each of the two programs.
    const right = /^(\d+) of \1 answers as they should be, (\d+) of \2 /gm;
    equal([...output.matchAll(right)].length, 2, output);
    doesNotMatch(output, /https?:/);
  },
});

for (
  const name of [
    ...["demo:qemu", "compile", "bundle", "package", "generate", "audit"],
    ...["compare", "bench", "test"],
  ]
) {
  Deno.test({
    name: `${name} starts without a network`,
    ...needs(),
    async fn() {
      const { code, output } = await task([name, "--help"]);
      equal(code, 0, output);
      match(output, /^Usage: /);
    },
  });
}

for (
  const [name, what, advice] of [
    ["compile", /denort/, /DENORT_BIN/],
    ["bundle", /esbuild/, /do without/],
  ] as const
) {
  Deno.test({
    name: `${name} says what it can't fetch, and what to do`,
    ...needs(),
    async fn() {
      // With a base of its own to make it from, as in CI, nothing needs to be fetched.
      const { code, output } = await task([name], ["env", "-u", "DENORT_BIN"]);
      equal(code, 1, output);
      const lines = output.trimEnd().split("\n");
      equal(lines.length, 2, output);
      match(
        lines[0]!,
        /^Cannot make dist\/\S+: .* can't be fetched: \w.* \(http/,
      );
      match(lines[0]!, what);
      match(lines[1]!, advice);
    },
  });
}
