/** Whatever the helper and the runtime do, they stay within the list. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { syscallNumber } from "../../ffi/syscall_numbers.ts";
import { allowList } from "../support/filter_rules.ts";
import { startHelper, startServing } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { runJailed } from "../support/jailed.ts";
import { workThrough } from "../support/mixed_load.ts";
import { threadFiles, until } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace, workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");
const tracedTest = testsThatNeed("root", "strace");

const ALLOWED = new Set<string>(
  allowList({ pid: 1, listens: true }).flatMap(({ calls }) => calls),
);

/** The calls in a log of strace(1), from the filter on, that are not on the list. */
function strangers(log: string): string[] {
  const lines = Deno.readTextFileSync(log).split("\n");
  const from = lines.findIndex((line) =>
    line.includes("SECCOMP_SET_MODE_FILTER")
  );
  ok(from > 0, "the filter was not seen");
  const names = lines.slice(from + 1).flatMap((line) =>
    /^\d+ +([a-z]\w*)\(/.exec(line)?.[1] ?? []
  );
  ok(names.length > 100, "too little was seen");
  return [...new Set(names)].filter((name) => !ALLOWED.has(name));
}

for (
  const end of ["the connection's end", "SIGTERM", "SIGINT", "SIGHUP"] as const
) {
  test(`A long mixed load, with the trace on and off, stays inside until ${end}`, async () => {
    await using helper = await startHelper();
    for (let i = 0; i < 10; i++) {
      workThrough(helper.client, 20);
      helper.kill("SIGUSR1");
      workThrough(helper.client, 2);
      helper.kill("SIGUSR1");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const stops = end === "the connection's end";
    if (!stops) helper.kill(end);
    const { code, signal } = await (stops ? helper.stop() : helper.end());
    deepEqual([code, signal], [0, null]);
  });
}

tracedTest("Under log, nothing is called that is not on the list", async () => {
  using place = exportWorkspace();
  const log = `${place.path}/strace`;
  await using helper = await startHelper({
    place,
    args: ["--seccomp", "log"],
    wrapper: ["strace", "-D", "-f", "-o", log],
  });
  workThrough(helper.client, 5);
  // Deno waits for half a second before it listens for SIGUSR1, too.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  helper.kill("SIGUSR1");
  workThrough(helper.client, 1);
  await helper.finish();
  await until(
    "strace's end",
    () => /exited with 0/.test(Deno.readTextFileSync(log)),
  );
  deepEqual(strangers(log), []);
});

test("SIGUSR1 does not end the helper, nor open Deno's debugger", async () => {
  using host = new Host();
  await using helper = await startServing();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  helper.kill("SIGUSR1");
  await new Promise((resolve) => setTimeout(resolve, 200));
  equal(helper.client.lstat("/").errno, 0);
  const listening = host.readFile(`/proc/${helper.pid}/net/tcp`)
    .split("\n").filter((line) => / 0A /.test(line));
  deepEqual(listening, []);
  await helper.finish();
});

test("A helper that was stopped and continued goes on waiting", async () => {
  using host = new Host();
  await using helper = await startHelper();
  const { pid } = helper;
  const poll = syscallNumber("poll", Deno.build.arch) ??
    syscallNumber("ppoll", Deno.build.arch);
  const waits = () =>
    [...threadFiles(host, pid, "syscall").values()]
      .some((call) => call.startsWith(`${poll} `));
  const state = () =>
    /^State:\t(\w)/m.exec(host.readFile(`/proc/${pid}/status`))?.[1];
  for (let i = 0; i < 5; i++) {
    equal(helper.client.lstat("/").errno, 0);
    await until("a thread that waits", waits);
    helper.kill("SIGSTOP");
    await until("a stop", () => state() === "T");
    helper.kill("SIGCONT");
    await until("the end of the stop", () => state() !== "T");
  }
  equal(helper.client.lstat("/").errno, 0);
  await helper.finish();
});

for (const flags of ["", "--v8-flags=--expose-gc"]) {
  test(`The runtime at work stays inside ${flags}`, async () => {
    const { code, lines, errors } = await runJailed(
      "work_in_jail.ts",
      ["kill"],
      { grants: flags === "" ? [] : [flags] },
    );
    equal(code, 0, errors);
    deepEqual(lines, ["done"]);
  });
}

tracedTest(
  "Under log, the runtime at work calls nothing that is not on the list",
  async () => {
    using directory = workspace();
    const log = `${directory.path}/strace`;
    const { code, errors } = await runJailed("work_in_jail.ts", ["log"], {
      wrapper: ["strace", "-f", "-o", log],
    });
    equal(code, 0, errors);
    deepEqual(strangers(log), []);
  },
);
