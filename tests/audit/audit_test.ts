/** The audit of the helpers' permission set, and the log of what the tests ask for. */
import { equal, match, ok } from "node:assert/strict";
import { parseLog } from "../../scripts/audit/judge.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { runHere, tool } from "../support/tools.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

test("every grant of the helpers is used, by each of them", async () => {
  const { code, stdout: output, stderr } = await runHere(tool("audit.ts"));
  equal(code, 0, output + stderr);
  for (const name of ["proxy", "vhost"]) {
    const line = (text: string) =>
      new RegExp(`^ok {4}${name} {3}${text}$`, "m");
    match(output, line("ffi {5}/lib.*/libc\\.so\\.6 \\(used\\)"));
    match(output, line("run {5}denied"));
    match(output, line("read {4}/var/tmp/\\S+ \\(used\\)"));
    match(output, line("write {3}\\S+ \\(without it .* read-only\\)"));
  }
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
