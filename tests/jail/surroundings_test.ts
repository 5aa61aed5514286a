/** What the helper shares with the host beside files: namespaces, descriptors, limits. */
import {
  deepEqual,
  doesNotMatch,
  equal,
  match,
  notEqual,
  ok,
} from "node:assert/strict";
import { startServing } from "../support/helpers.ts";
import { RunningProgram, withoutCapability } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

/** Put before a command, runs it after a script in the same process. */
const after = (script: string) => ["sh", "-c", `${script}; exec "$@"`, "sh"];

/** Runs a command of the host's; what it prints, or undefined where it fails. */
async function ask(...command: string[]): Promise<string | undefined> {
  const [program = "", ...args] = command;
  const { success, stdout } = await new Deno.Command(program, { args })
    .output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}

for (
  const [where, background] of [
    [
      "What the caller left open is closed, a directory of the host above all",
      false,
    ],
    ["In the background, too, nothing stays open that the caller had", true],
  ] as const
) {
  test(where, async () => {
    using place = exportWorkspace();
    await using helper = await startServing({
      place,
      background,
      wrapper: after("exec 7</etc 8</etc/passwd 9<>/dev/null"),
    });
    const open =
      await ask("find", `/proc/${helper.pid}/fd`, "-printf", "%f %l\n") ?? "";
    match(open, /socket:/);
    doesNotMatch(open, /\/etc|^9 \/dev\/null$/m);
  });
}

for (const name of ["net", "ipc", "uts"]) {
  test(`The ${name} namespace is one of its own`, async () => {
    await using helper = await startServing();
    const own = await ask("readlink", `/proc/${Deno.pid}/ns/${name}`);
    const its = await ask("readlink", `/proc/${helper.pid}/ns/${name}`);
    match(its ?? "", /^[a-z]+:\[\d+\]$/);
    notEqual(its, own);
  });
}

test("Limits are such that no guest can turn them against the helper", async () => {
  await using helper = await startServing({
    wrapper: after("ulimit -c unlimited; ulimit -Sn 100; ulimit -Su 300"),
  });
  const limits = await ask(
    ...["prlimit", "--pid", String(helper.pid), "--noheadings", "--raw"],
    ...["--output", "RESOURCE,SOFT,HARD", "--core", "--nofile", "--nproc"],
  ) ?? "";
  const rows = new Map(
    limits.split("\n").map((line) => line.split(" ")).map((
      [name, soft, hard],
    ) => [name, { soft, hard }]),
  );
  deepEqual(rows.get("CORE"), { soft: "0", hard: "0" });
  const files = rows.get("NOFILE"), processes = rows.get("NPROC");
  ok(Number(files?.soft) > 100, limits);
  equal(files?.soft, files?.hard);
  equal(processes?.soft, processes?.hard);
});

testsThatNeed("root", "setpriv")(
  "A limit on the size of files is an errno and not the helper's end",
  async () => {
    await using helper = await startServing({
      // Without CAP_SYS_RESOURCE the limit can't be raised.
      wrapper: [
        ...withoutCapability("sys_resource"),
        ...["--inh-caps", "-sys_resource", "prlimit", "--fsize=1000:1000"],
      ],
    });
    const { client, directory } = helper;
    Deno.writeTextFileSync(`${directory}/file`, "");
    refused(client.truncate("/file", 1001n), "EFBIG");
    done(client.truncate("/file", 1000n));
    match(
      await helper.finish(),
      /limits WEAK: files of 1000 bytes at most: the caller's limit/,
    );
  },
);

testsThatNeed("root", "setpriv")(
  "Not even root can look into it without CAP_SYS_PTRACE",
  async () => {
    await using helper = await startServing();
    const root = withoutCapability("sys_ptrace");
    // An ordinary process of the same rights, to compare with.
    await using other = new RunningProgram([
      ...[...root, "sh", "-c", "echo ready; exec sleep 1000"],
    ]);
    // It is what it is to be once it answers.
    await other.says(/ready/);
    for (
      const [pid, seen] of [[other.pid, true], [helper.pid, false]] as const
    ) {
      // Not `environ` or `maps`: CAP_PERFMON is enough for these since Linux 6.13.
      for (const secret of ["root", "cwd", "exe", "fd/2"]) {
        const path = `/proc/${pid}/${secret}`;
        const target = await ask(...root, "readlink", path);
        equal(target !== undefined, seen, secret);
      }
    }
  },
);
