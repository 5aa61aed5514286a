/** The audit of deno.json, on this checkout's programs. */
import { equal, match, ok } from "node:assert/strict";
import { Collector, parseLog } from "../../scripts/audit/collect.ts";
import type { Manifest } from "../../scripts/audit/manifest.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Runs the audit of some sets, of a manifest that `change` has changed. */
async function audit(
  sets: readonly string[],
  change: (permissions: Record<string, Record<string, unknown>>) => void =
    () => {},
): Promise<{ code: number; output: string }> {
  using place = workspace();
  const path = `${place.path}/deno.json`;
  const manifest = JSON.parse(
    Deno.readTextFileSync(`${ROOT}/deno.json`),
  ) as Manifest;
  change(manifest.permissions as Record<string, Record<string, unknown>>);
  Deno.writeTextFileSync(path, JSON.stringify(manifest));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      // A flag takes the place of what the set has of its kind.
      ...[
        "run",
        "-q",
        "--no-prompt",
        "-P=audit",
        `--allow-read=.,/tmp,${path}`,
      ],
      ...["scripts/audit.ts", `--manifest=${path}`],
      ...sets.map((name) => `--set=${name}`),
    ],
    cwd: ROOT,
    env: { CI: "" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

Deno.test({
  name: "every grant of the shipped manifest is used",
  ignore: lacking("root", "setpriv", "script", "qemu", "kernel", "busybox")
    .length > 0,
  async fn() {
    // Not `test`: that is judged by the log of all tests.
    const { permissions } = JSON.parse(
      Deno.readTextFileSync(`${ROOT}/deno.json`),
    ) as Manifest;
    const { code, output } = await audit(Object.keys(permissions!));
    equal(code, 0, output);
    match(output, /^ok {4}helper {5}ffi {5}\/lib.*\/libc\.so\.6 \(used\)/m);
    match(output, /^ok {4}helper {5}read .*by the launcher, for -p$/m);
    match(output, /^ok {4}helper {5}write .*without it .* read-only/m);
    match(output, /^WEAK {2}compiled {3}write {3}\/: /m);
    match(output, / 0 to be mended, 0 not judged here$/m);
  },
});

Deno.test("an unused grant fails the audit and is named", async () => {
  const { code, output } = await audit(["generator"], ({ generator }) => {
    generator!.env = ["NEEDLESS"];
    generator!.run = ["needless"];
  });
  equal(code, 1);
  match(
    output,
    /^FAIL {2}generator {2}env {5}NEEDLESS is granted and not used: take it away$/m,
  );
  match(output, /^FAIL {2}generator {2}run {5}needless is granted/m);
  match(output, / 2 to be mended, 0 not judged here$/m);
});

Deno.test("a program that lacks a grant fails the audit, which says what it asked for", async () => {
  const { code, output } = await audit(["generator"], ({ generator }) => {
    generator!.write = ["elsewhere"];
  });
  equal(code, 1);
  match(output, /^Cannot audit the generator: it ended with status 1$/m);
  match(output, /Requires write access to "completions\//);
});

Deno.test("a set that nobody knows fails the audit", async () => {
  const { code, output } = await audit(["newcomer"], (permissions) => {
    permissions.newcomer = { env: ["HOME"] };
  });
  equal(code, 1);
  match(
    output,
    /^FAIL {2}newcomer {3}env {5}HOME: nothing is known that uses/m,
  );
});

Deno.test("what a process and its child ask for is collected apart", async () => {
  using place = workspace();
  const logs = `${place.path}/logs`;
  Deno.mkdirSync(logs);
  Deno.writeTextFileSync(
    `${place.path}/parent.ts`,
    `Deno.uid();
     new Deno.Command(Deno.execPath(), {
       args: ["run", "-A", "${place.path}/child.ts"],
       stdin: "null",
     }).outputSync();
     Deno.uid();
     Deno.env.get("AFTER");`,
  );
  Deno.writeTextFileSync(`${place.path}/child.ts`, "Deno.gid();");
  const collector = await Collector.start(logs, ["parent", "child", "nobody"]);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${place.path}/parent.ts`],
    env: collector.env,
    stdin: "null",
  }).output();
  await collector.end();
  equal(code, 0);
  const asks = (name: string) =>
    parseLog(Deno.readTextFileSync(`${logs}/${name}.log`))
      .map(({ permission, value }) => `${permission} ${value}`).join(", ");
  equal(asks("parent"), "sys uid, sys uid, env AFTER");
  equal(asks("child"), "sys gid");
  equal(asks("nobody"), "");
});

Deno.test("the test runner writes down what the tests ask for", async () => {
  using place = workspace();
  const log = `${place.path}/log`;
  const file = `${place.path}/some_test.ts`;
  Deno.writeTextFileSync(
    file,
    `Deno.test("asks", () => void Deno.env.get("HELPER"));`,
  );
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "-P=runner", "scripts/test.ts"],
      ...["--no-check", file],
    ],
    cwd: ROOT,
    env: { HELPER_TEST_AUDIT: log },
    stdin: "null",
  }).output();
  equal(code, 0);
  const asks = parseLog(Deno.readTextFileSync(log));
  ok(asks.some(({ value }) => value === "HELPER"), JSON.stringify(asks));
  ok(asks.every(({ permission }) => permission === "env"));
});
