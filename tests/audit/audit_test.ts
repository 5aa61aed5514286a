/** The audit of the helper's permission set, and the log of what the tests ask for. */
import { equal, match, ok } from "node:assert/strict";
import { parseLog } from "../../scripts/audit/judge.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Runs a program of this checkout with its set. */
async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-prompt", "-P=tools", ...args],
    cwd: ROOT,
    env: { CI: "", ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

Deno.test({
  name: "every grant of the helper is used",
  ignore: lacking("root").length > 0,
  async fn() {
    const { code, output } = await run(["scripts/audit.ts"]);
    equal(code, 0, output);
    match(output, /^ok {4}helper {2}ffi {5}\/lib.*\/libc\.so\.6 \(used\)$/m);
    match(output, /^ok {4}helper {2}run {5}denied$/m);
    match(output, /^ok {4}helper {2}read {4}\/var\/tmp\/\S+ \(used\)$/m);
    match(
      output,
      /^ok {4}helper {2}write {3}\S+ \(without it .* read-only\)$/m,
    );
    match(output, / 0 to be mended$/m);
  },
});

Deno.test({
  name:
    "with a log of the tests their grants are judged, and an unused one fails the audit",
  ignore: lacking("root").length > 0,
  async fn() {
    using place = workspace();
    const log = `${place.path}/log`;
    Deno.writeTextFileSync(
      log,
      JSON.stringify({ permission: "env", value: "HELPER" }) + "\n",
    );
    const { code, output } = await run(["scripts/audit.ts", `--log=${log}`]);
    equal(code, 1, output);
    match(output, /^ok {4}test {4}env {5}HELPER \(used\)$/m);
    match(output, /^FAIL {2}test {4}env {5}SEED is granted and not used/m);
  },
});

Deno.test("the log has what the tests ask for, and not what their children do", async () => {
  using place = workspace();
  const log = `${place.path}/log`;
  const file = `${place.path}/some_test.ts`;
  Deno.writeTextFileSync(
    file,
    `Deno.test("asks", async () => {
       await new Deno.Command(Deno.execPath(), {
         args: ["eval", "Deno.gid()"],
       }).output();
       Deno.env.get("HELPER");
     });`,
  );
  const { code, output } = await run(
    ["scripts/test.ts", "--no-check", file],
    { HELPER_TEST_AUDIT: log },
  );
  equal(code, 0, output);
  const asks = parseLog(Deno.readTextFileSync(log));
  ok(asks.some(({ value }) => value === "HELPER"), JSON.stringify(asks));
  ok(asks.every(({ permission }) => permission !== "sys"));
});
