/** The runner's closing report, of real runs of `deno test`. */
import { deepEqual, equal, match } from "node:assert/strict";
import { LACKING_FILE, report } from "../../scripts/report.ts";
import { runHere, tool } from "../support/tools.ts";
import { workspace } from "../support/workspace.ts";

const PASSES = `Deno.test("passes", async (t) => {
  await t.step("in a step", () => {});
});`;
const FAILS = `Deno.test("fails", () => {
  throw new Error("ok | 7 passed | 7 failed");
});`;
const SKIPS = `Deno.writeTextFileSync(
  Deno.env.get("TMPDIR") + "/${LACKING_FILE}",
  "a thing\\na thing\\n",
  { append: true },
);
Deno.test({ name: "is not run", ignore: true, fn() {} });`;

/** Runs a command with one test file. */
async function runOn(
  content: string,
  command: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  using place = workspace();
  const file = `${place.path}/some_test.ts`;
  Deno.writeTextFileSync(file, content);
  const { code, stdout, stderr } = await runHere([...command, file], env);
  return { code, output: stderr + stdout };
}

const runner = tool("test.ts");
const denoTest = [Deno.execPath(), "test", "-q", "-P"];

function lastLine(output: string): string | undefined {
  return output.trimEnd().split("\n").at(-1);
}

Deno.test("report() counts what deno test prints, in colour too", async () => {
  using place = workspace();
  for (const env of [{}, { NO_COLOR: "1" }]) {
    const { output } = await runOn(
      [PASSES, FAILS, SKIPS].join("\n"),
      denoTest,
      { ...env, TMPDIR: place.path },
    );
    const { passed, failed, skipped, names } = report(output);
    deepEqual([passed, failed, skipped], [1, 1, 1], output);
    deepEqual(names, ["is not run"]);
  }
});

Deno.test("report() counts a skipped step", async () => {
  const { output } = await runOn(
    `Deno.test("has steps", async (t) => {
      await t.step({ name: "is not run", ignore: true, fn() {} });
    });`,
    denoTest,
  );
  const { passed, failed, skipped, names } = report(output);
  deepEqual([passed, failed, skipped], [1, 0, 1], output);
  deepEqual(names, ["is not run"]);
});

Deno.test("report() takes a run without an end for a failure", () => {
  deepEqual(report("passes ... ok (1ms)\n").failed, 1);
});

Deno.test("the runner ends with a line that counts, and status 0 if all passed", async () => {
  const { code, output } = await runOn(PASSES, runner);
  equal(code, 0, output);
  equal(lastLine(output), "1 passed, 0 failed, 0 skipped");
});

Deno.test("the runner fails with a test, with a module, and with a type", async () => {
  const failed = await runOn([PASSES, FAILS].join("\n"), runner);
  equal(failed.code, 1);
  equal(lastLine(failed.output), "1 passed, 1 failed, 0 skipped");
  for (const content of ["throw new Error()", "const x: number = 'text';"]) {
    const { code, output } = await runOn(content, runner);
    equal(code, 1, output);
    match(lastLine(output)!, /^0 passed, 1 failed, 0 skipped$/);
  }
});

Deno.test("the runner says loudly what it left out and why", async () => {
  const { code, output } = await runOn([PASSES, SKIPS].join("\n"), runner);
  equal(code, 0);
  match(output, /^SKIPPED: is not run$/m);
  match(output, /^NOT ALL TESTS WERE RUN: this machine lacks a thing$/m);
  equal(lastLine(output), "1 passed, 0 failed, 1 skipped");
});

Deno.test("the runner may leave nothing out in CI", async () => {
  for (const env of [{ CI: "true" }, { HELPER_TEST_NO_SKIP: "1" }]) {
    const content = [PASSES, SKIPS].join("\n");
    const { code, output } = await runOn(content, runner, env);
    equal(code, 1, output);
    equal(lastLine(output), "1 passed, 0 failed, 1 skipped");
    equal((await runOn(PASSES, runner, env)).code, 0);
  }
});

Deno.test("the runner passes arguments on to deno test", async () => {
  const { code, output } = await runOn([PASSES, FAILS].join("\n"), [
    ...runner,
    "--filter=passes",
  ]);
  equal(code, 0, output);
  equal(lastLine(output), "1 passed, 0 failed, 0 skipped");
});
