/** The audit of the helper's permission set, and the log of what the tests ask for. */
import { equal, match, ok } from "node:assert/strict";
import { parseLog } from "../../scripts/audit/judge.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { runHere, tool } from "../support/tools.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

test("every grant of the helper is used", async () => {
  const { code, stdout: output, stderr } = await runHere(tool("audit.ts"));
  equal(code, 0, output + stderr);
  match(output, /^ok {4}helper {2}ffi {5}\/lib.*\/libc\.so\.6 \(used\)$/m);
  match(output, /^ok {4}helper {2}run {5}denied$/m);
  match(output, /^ok {4}helper {2}read {4}\/var\/tmp\/\S+ \(used\)$/m);
  match(output, /^ok {4}helper {2}write {3}\S+ \(without it .* read-only\)$/m);
  match(output, / 0 to be mended$/m);
});

test("with a log of the tests their grants are judged, and an unused one fails the audit", async () => {
  using place = workspace();
  const log = `${place.path}/log`;
  Deno.writeTextFileSync(
    log,
    JSON.stringify({ permission: "env", value: "HELPER" }) + "\n",
  );
  const { code, stdout: output } = await runHere(
    tool("audit.ts", `--log=${log}`),
  );
  equal(code, 1, output);
  match(output, /^ok {4}test {4}env {5}HELPER \(used\)$/m);
  match(output, /^FAIL {2}test {4}env {5}SEED is granted and not used/m);
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
  const { code, stdout } = await runHere(tool("test.ts", "--no-check", file), {
    HELPER_TEST_AUDIT: log,
  });
  equal(code, 0, stdout);
  const asks = parseLog(Deno.readTextFileSync(log));
  ok(asks.some(({ value }) => value === "HELPER"), JSON.stringify(asks));
  ok(asks.every(({ permission }) => permission !== "sys"));
});
