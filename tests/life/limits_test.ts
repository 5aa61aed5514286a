/** RLIMIT_NOFILE: too small to start, just enough, and used up while serving. */
import { equal, match } from "node:assert/strict";
import {
  failedStart,
  LAUNCHER,
  type RunningHelper,
  startHelper,
  startServing,
} from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

const limited = (
  count: number,
) => ["sh", "-c", `ulimit -n ${count} && exec "$@"`, "sh"];

for (const count of [16, 63]) {
  Deno.test(`With ${count} descriptors the launcher refuses, and says what is enough`, async () => {
    using place = exportWorkspace();
    for (const mode of [["-n"], []]) {
      const stderr = await failedStart({
        args: [...mode, "-p", place.export, "-f", "0"],
        program: [LAUNCHER],
        wrapper: limited(count),
      });
      equal(
        stderr,
        `virtfs-proxy-helper: error: Cannot start with a limit of ${count} open files: raise it to 64 at least (ulimit -n)\n`,
      );
    }
  });
}

/** Asks for a file until there are no more descriptors; returns how many came. */
function openMany(helper: RunningHelper): number {
  const { client, connection } = helper;
  for (let i = 0; i < 100; i++) {
    const { errno, value } = client.open("/file", 0);
    equal(errno, 0);
    connection.closeDescriptor(value!);
  }
  return 100;
}

test("With 64 descriptors the helper serves, and keeps none of those it passes", async () => {
  await using helper = await startHelper({ wrapper: limited(64) });
  Deno.writeTextFileSync(`${helper.directory}/file`, "");
  equal(openMany(helper), 100);
  const output = await helper.finish();
  equal(/warning|error/.test(output), false, output);
});

test("With 64 descriptors it goes to the background, too", async () => {
  await using daemon = await startHelper({
    socket: true,
    background: true,
    wrapper: limited(64),
  });
  await daemon.endWell("SIGTERM");
});

test("A limit that is reached while it serves is an errno, and no end", async () => {
  await using helper = await startServing();
  Deno.writeTextFileSync(`${helper.directory}/file`, "");
  await prlimit(helper.pid, 4);
  const { errno } = helper.client.open("/file", 0);
  equal(errno, 24, "EMFILE");
  equal(helper.client.create("/new", 0o102, 0o600, 1000, 1000).errno, 24);
  equal(helper.client.lstat("/file").errno, 0);
  await prlimit(helper.pid, 1024);
  equal(openMany(helper), 100);
  match((await helper.stop()).output, /info: The peer closed/);
});

async function prlimit(pid: number, count: number): Promise<void> {
  const { success } = await new Deno.Command("prlimit", {
    args: ["--pid", String(pid), `--nofile=${count}:`],
  }).output();
  equal(success, true);
}
