/** The parent dies: with `--die-with-parent`, and without. */
import { equal, match } from "node:assert/strict";
import type { Client } from "../../src/proxy/client/client.ts";
import {
  failedStart,
  type RunningHelper,
  startHelper,
  startServing,
} from "../support/helpers.ts";
import { until } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exists, exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

/** A shell that stays the helper's parent until it is killed. */
const PARENT = ["sh", "-c", '"$@" & wait', "sh"];

/** Far more requests than are answered from one look at the parent to the next, 20 times in a second. */
const MANY = 200_000;

/** Kills the helper's parent, the process that was started, and waits for its end. */
async function orphan(helper: RunningHelper): Promise<void> {
  helper.kill("SIGKILL");
  await until(
    "the parent's end",
    () => !helper.mark.pids().includes(helper.pid),
  );
}

test("Without --die-with-parent the helper serves on", async () => {
  await using helper = await startServing({ wrapper: PARENT });
  await orphan(helper);
  equal(helper.client.mkdir("/made", 0o700, 1000, 1000).errno, 0);
  await helper.stop();
  match((await helper.end()).output, /info: The peer closed the connect/);
});

for (
  const [when, act] of [
    ["when nothing was asked yet but the root", () => {}],
    [
      // The first change of the fsuid is what the kernel forgets PR_SET_PDEATHSIG at.
      "after a CREATE for a user",
      (client: Client) => {
        const { value } = client.create("/file", 0o102, 0o600, 1000, 1000);
        client.connection.closeDescriptor(value!);
        equal(client.mkdir("/dir", 0o700, 0, 1000).errno, 0);
      },
    ],
  ] as const
) {
  test(`With --die-with-parent the helper ends with its parent, ${when}`, async () => {
    await using helper = await startServing({
      args: ["--die-with-parent"],
      wrapper: PARENT,
    });
    act(helper.client);
    await orphan(helper);
    equal(helper.client.connection.receiveSome(1).length, 0);
    await helper.mark.gone();
    match(
      (await helper.end()).output,
      /info: The parent process has ended: ending\n/,
    );
  });
}

test("With --die-with-parent the helper ends while requests keep coming", async () => {
  await using helper = await startServing({
    args: ["--die-with-parent"],
    wrapper: PARENT,
  });
  await orphan(helper);
  let answered = 0;
  try {
    while (answered < MANY) {
      equal(helper.client.lstat("/").errno, 0);
      answered++;
    }
  } catch {
    // The connection has ended.
  }
  equal(answered < MANY, true, "the helper has not seen the parent's end");
  await helper.mark.gone();
});

test("With --die-with-parent a helper that waits on a named socket removes the name", async () => {
  await using helper = await startHelper({
    socket: true,
    args: ["--die-with-parent"],
    wrapper: PARENT,
  });
  helper.kill("SIGKILL");
  await helper.mark.gone();
  equal(exists(helper.socket), false);
});

Deno.test("In the background --die-with-parent is refused, as the parent is gone at once", async () => {
  using place = exportWorkspace();
  const stderr = await failedStart({
    args: ["-p", place.export, "-f", "3", "--die-with-parent"],
  });
  match(stderr, /error: Cannot use --die-with-parent without -n/);
});
