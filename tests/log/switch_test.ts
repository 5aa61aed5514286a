/** SIGUSR1: the trace, switched on and off while the helper serves. */
import { deepEqual, equal, match } from "node:assert/strict";
import { startHelper, startServing } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { type Entry, parseEntry, syslogWorkspace } from "../support/syslog.ts";
import { logged } from "../support/said.ts";

const test = testsThatNeed("root");
const mountUnshareTest = testsThatNeed("root", "mount", "unshare");
const ON = "info: SIGUSR1: requests are traced";
const OFF = "info: SIGUSR1: requests are no longer traced";

test("SIGUSR1 switches the trace on, and off again", async () => {
  await using helper = await startHelper({ socket: true });
  const { client } = helper;
  equal(client.lstat("/before").errno, 2);
  helper.kill("SIGUSR1");
  await helper.says(/ traced\n/);
  equal(client.lstat("/during").errno, 2);
  helper.kill("SIGUSR1");
  await helper.says(/ no longer traced\n/);
  equal(client.lstat("/after").errno, 2);
  const output = await helper.finish();
  deepEqual(linesOf(output).slice(4, -1), [
    ON,
    'debug: LSTAT("/during") = -1 ENOENT',
    OFF,
  ]);
});

test("SIGUSR1 switches the trace off that --log-level debug has begun", async () => {
  await using helper = await startHelper({
    socket: true,
    args: ["--log-level=debug"],
  });
  const { client } = helper;
  equal(client.lstat("/before").errno, 2);
  helper.kill("SIGUSR1");
  await helper.says(/ no longer traced\n/);
  equal(client.lstat("/after").errno, 2);
  const { output } = await helper.stop();
  deepEqual(linesOf(output).slice(4, -1), [
    'debug: LSTAT("/before") = -1 ENOENT',
    OFF,
  ]);
});

test("SIGUSR1 is seen while requests keep coming, none of which is lost", async () => {
  await using helper = await startServing({ socket: true });
  const { client } = helper;
  helper.kill("SIGUSR1");
  for (let i = 0; !helper.output.includes(ON); i++) {
    equal(client.lstat("/").errno, 0);
    // Lets this process read what is said.
    if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
    equal(i < 200_000, true, "the helper has not seen the signal");
  }
  equal(client.lstat("/").errno, 0);
  const output = await helper.finish();
  const lines = linesOf(output);
  deepEqual(
    [...new Set(lines.slice(lines.indexOf(ON) + 1, -1))],
    ['debug: LSTAT("/") = 116 bytes'],
  );
});

mountUnshareTest(
  "SIGUSR1 works in the background, with --log-level error, too",
  async () => {
    using place = syslogWorkspace();
    const { log } = place;
    await using daemon = await place.start({ args: ["--log-level=error"] });
    equal(daemon.client.lstat("/").errno, 0);
    daemon.kill("SIGUSR1");
    const entries: Entry[] = [];
    for (let i = 0; entries.length < 2; i++) {
      equal(daemon.client.readlink(`/${i}`).errno, 2);
      entries.push(...log.drain().map(parseEntry));
    }
    const [first, second] = entries;
    deepEqual([first?.severity, second?.severity], [6, 7]);
    equal(first?.message, ON.replace("info: ", ""));
    match(second?.message ?? "", /^READLINK\("\/\d+", 4096\) = -1 ENOENT$/);
  },
);

function linesOf(output: string): string[] {
  return output.trimEnd().split("\n").map(logged);
}
