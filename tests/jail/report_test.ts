/** `--print-sandbox`, and its like in the log. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import {
  runHelper,
  startHelper,
  withoutWriteGrant,
} from "../support/helpers.ts";
import { Mark } from "../support/processes.ts";
import { NAMES, row, rows } from "../support/sandbox_report.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace, workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

async function reportOf(
  options: NonNullable<Parameters<typeof startHelper>[0]>,
): Promise<string> {
  await using helper = await startHelper({
    ...options,
    args: [...options.args ?? [], "--print-sandbox"],
  });
  equal(helper.client.lstat("/").errno, 0);
  return await helper.finish();
}

test("As root nothing is weaker than it can be, and the log says the same", async () => {
  using directory = workspace();
  const output = await reportOf({ directory: directory.path });
  deepEqual(rows(output).map(({ name }) => name), NAMES);
  deepEqual(rows(output).filter(({ state }) => state !== "ok"), []);
  const logged = /Z virtfs-proxy-helper: info: Sandbox: (.*)$/m.exec(output);
  equal(
    logged?.[1],
    rows(output).map(({ name, text }) => `${name}: ${text}`).join("; "),
  );
});

test("A read-only export is shown as such", async () => {
  using directory = workspace();
  const output = await reportOf({
    ...withoutWriteGrant(directory.path),
    directory: directory.path,
  });
  equal(row(output, "mount")?.text, "read-only, nosuid, nodev");
});

Deno.test({
  name: "What a user namespace can't have is shown as weaker, with the reason",
  ignore: lacking("unshare", "user namespaces").length > 0,
  async fn() {
    using directory = workspace();
    const output = await reportOf({
      directory: directory.path,
      wrapper: ["unshare", "--user", "--map-root-user"],
    });
    equal(row(output, "root")?.state, "WEAK");
    match(
      row(output, "root")!.text,
      /a directory passed to QEMU leads out by \.\./,
    );
    equal(row(output, "other threads")?.state, "WEAK");
    match(row(output, "other threads")!.text, /only one id is mapped/);
    // It has the rights for these within its own namespace.
    equal(row(output, "namespaces")?.state, "ok");
  },
});

for (const action of ["log", "errno", "none"]) {
  test(`--seccomp ${action} is shown as weaker`, async () => {
    using directory = workspace();
    const output = await reportOf({
      directory: directory.path,
      args: ["--seccomp", action],
    });
    equal(row(output, "seccomp")?.state, "WEAK");
    equal(
      row(output, "no_new_privs")?.state,
      action === "none" ? "WEAK" : "ok",
    );
  });
}

test("In the background the caller gets the report on stderr", async () => {
  using place = exportWorkspace();
  await using mark = new Mark();
  const { code, stdout, stderr } = await runHelper({
    args: [
      ...["-p", place.export, "-s", place.socket, "-u0", "-g0"],
      "--print-sandbox",
    ],
    mark,
  });
  equal(code, 0, stderr);
  equal(stdout, "");
  deepEqual(rows(stderr).map(({ name }) => name), NAMES);
  ok(rows(stderr).every(({ text }) => text !== ""));
  Deno.kill(mark.pid, "SIGTERM");
  await mark.gone();
});
