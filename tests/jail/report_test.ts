/** `--print-sandbox`, and its like in the log. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  type HelperOptions,
  runHelper,
  startServing,
  withoutWriteGrant,
} from "../support/helpers.ts";
import { Mark } from "../support/processes.ts";
import { NAMES, row, rows, weaknesses } from "../support/sandbox_report.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace, workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

async function reportOf(options: HelperOptions = {}): Promise<string> {
  await using helper = await startServing({
    ...options,
    args: [...options.args ?? [], "--print-sandbox"],
  });
  return await helper.finish();
}

test("As root nothing is weaker than it can be, and the log says the same", async () => {
  const output = await reportOf();
  deepEqual(rows(output).map(({ name }) => name), NAMES);
  deepEqual(weaknesses(output), []);
  const logged = /Z virtfs-proxy-helper: info: Sandbox: (.*)$/m.exec(output);
  equal(
    logged?.[1],
    rows(output).map(({ name, text }) => `${name}: ${text}`).join("; "),
  );
});

test("A read-only export is shown as such", async () => {
  using directory = workspace();
  const output = await reportOf(withoutWriteGrant(directory.path));
  equal(row(output, "mount")?.text, "read-only, nosuid, nodev");
});

testsThatNeed("unshare", "user namespaces")(
  "What a user namespace can't have is shown as weaker, with the reason",
  async () => {
    const output = await reportOf({
      wrapper: ["unshare", "--user", "--map-root-user"],
    });
    const [root, threads] = ["root", "other threads"].map((name) =>
      row(output, name)!
    );
    equal(root!.state, "WEAK");
    match(root!.text, /a directory passed to QEMU leads out by \.\./);
    equal(threads!.state, "WEAK");
    match(threads!.text, /only one id is mapped/);
    // It has the rights for these within its own namespace.
    equal(row(output, "namespaces")?.state, "ok");
  },
);

for (const action of ["log", "errno", "none"]) {
  test(`--seccomp ${action} is shown as weaker`, async () => {
    const output = await reportOf({ args: ["--seccomp", action] });
    equal(row(output, "seccomp")?.state, "WEAK");
    equal(
      row(output, "no_new_privs")?.state,
      action === "none" ? "WEAK" : "ok",
    );
  });
}

for (
  const [what, toFile] of [
    ["the caller gets the report on stderr", false],
    ["the caller's stderr may be a file", true],
  ] as const
) {
  test(`In the background ${what}`, async () => {
    using place = exportWorkspace();
    await using mark = new Mark();
    const file = `${place.path}/said`;
    const { code, stdout, stderr } = await runHelper({
      args: [
        ...["-p", place.export, "-s", place.socket, "-u0", "-g0"],
        ...["--pid-file", `${place.path}/pid`, "--print-sandbox"],
      ],
      mark,
      wrapper: toFile ? ["sh", "-c", 'exec "$@" 2>"$0"', file] : [],
    });
    equal(code, 0, stderr);
    equal(stdout, "");
    const report = toFile ? Deno.readTextFileSync(file) : stderr;
    deepEqual(rows(report).map(({ name }) => name), NAMES);
    ok(rows(report).every(({ text }) => text !== ""));
    deepEqual(weaknesses(report), []);
    Deno.kill(mark.pid, "SIGTERM");
    await mark.gone();
  });
}
