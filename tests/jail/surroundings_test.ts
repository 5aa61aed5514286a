/** What the helper shares with the host beside files: namespaces, descriptors, limits. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { errnoName } from "../../ffi/errno.ts";
import { startHelper, startServing } from "../support/helpers.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace, workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

/** Runs a command of the host's; what it prints, or undefined where it fails. */
async function ask(...command: string[]): Promise<string | undefined> {
  const [program = "", ...args] = command;
  const { success, stdout } = await new Deno.Command(program, { args })
    .output();
  return success ? new TextDecoder().decode(stdout).trim() : undefined;
}

test("What the caller left open is closed, a directory of the host above all", async () => {
  using directory = workspace();
  await using helper = await startHelper({
    directory: directory.path,
    wrapper: [
      "sh",
      "-c",
      'exec 7</etc 8</etc/passwd 9<>/dev/null; exec "$@"',
      "sh",
    ],
  });
  equal(helper.client.lstat("/").errno, 0);
  const open =
    await ask("find", `/proc/${helper.pid}/fd`, "-printf", "%f %l\n") ?? "";
  match(open, /socket:/);
  equal(open.includes("/etc"), false, open);
  deepEqual(open.split("\n").filter((line) => line === "9 /dev/null"), []);
});

test("In the background, too, nothing stays open that the caller had", async () => {
  using place = exportWorkspace();
  await using daemon = await startHelper({
    place,
    background: true,
    wrapper: ["sh", "-c", 'exec 7</etc; exec "$@"', "sh"],
  });
  equal(daemon.client.lstat("/").errno, 0);
  const open = await ask("find", `/proc/${daemon.pid}/fd`, "-printf", "%l\n") ??
    "";
  match(open, /socket:/);
  equal(open.includes("/etc"), false, open);
});

for (const name of ["net", "ipc", "uts"]) {
  test(`The ${name} namespace is one of its own`, async () => {
    using directory = workspace();
    await using helper = await startServing({ directory: directory.path });
    const own = await ask("readlink", `/proc/${Deno.pid}/ns/${name}`);
    const its = await ask("readlink", `/proc/${helper.pid}/ns/${name}`);
    match(its ?? "", /^[a-z]+:\[\d+\]$/);
    notEqual(its, own);
  });
}

test("Limits are such that no guest can turn them against the helper", async () => {
  using directory = workspace();
  await using helper = await startHelper({
    directory: directory.path,
    wrapper: [
      "sh",
      "-c",
      'ulimit -c unlimited; ulimit -Sn 100; ulimit -Su 300; exec "$@"',
      "sh",
    ],
  });
  equal(helper.client.lstat("/").errno, 0);
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

Deno.test({
  name: "A limit on the size of files is an errno and not the helper's end",
  ignore: lacking("root", "setpriv").length > 0,
  async fn() {
    using directory = workspace();
    Deno.writeTextFileSync(`${directory.path}/file`, "");
    await using helper = await startHelper({
      directory: directory.path,
      // Without CAP_SYS_RESOURCE the limit can't be raised.
      wrapper: [
        ...[
          "setpriv",
          "--bounding-set",
          "-sys_resource",
          "--inh-caps",
          "-sys_resource",
        ],
        ...["prlimit", "--fsize=1000:1000"],
      ],
    });
    const { client } = helper;
    equal(errnoName(client.truncate("/file", 1001n).errno), "EFBIG");
    equal(client.truncate("/file", 1000n).errno, 0);
    const output = await helper.finish();
    match(
      output,
      /limits WEAK: files of 1000 bytes at most: the caller's limit/,
    );
  },
});

Deno.test({
  name: "Not even root can look into it without CAP_SYS_PTRACE",
  ignore: lacking("root", "setpriv").length > 0,
  async fn() {
    using directory = workspace();
    await using helper = await startServing({ directory: directory.path });
    const [setpriv, ...root] = ["setpriv", "--bounding-set", "-sys_ptrace"];
    // An ordinary process of the same rights, to compare with.
    const other = new Deno.Command(setpriv!, {
      args: [...root, "cat"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = other.stdin.getWriter();
    await writer.write(new Uint8Array(1));
    // It is what it is to be once it answers.
    const reader = other.stdout.getReader();
    equal((await reader.read()).value?.length, 1);
    for (
      const [pid, seen] of [[other.pid, true], [helper.pid, false]] as const
    ) {
      // Not `environ` or `maps`: CAP_PERFMON is enough for these since Linux 6.13.
      for (const secret of ["root", "cwd", "exe", "fd/2"]) {
        const target = await ask(
          setpriv!,
          ...root,
          "readlink",
          `/proc/${pid}/${secret}`,
        );
        equal(target !== undefined, seen, secret);
      }
    }
    await writer.close();
    await reader.cancel();
    await other.status;
  },
});
