/** How the helper waits: at once where requests keep coming, and at rest where none does. */
import { equal, ok } from "node:assert/strict";
import { startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { switches } from "../support/processes.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

/** Runs a command on the first of the processors that this process may use. */
const ON_ONE = [
  ...["sh", "-c"],
  'cpus=$(taskset -cp $$); exec taskset -c "$(echo "${cpus##*: }" | sed "s/[-,].*//")" "$@"',
  "sh",
];

test("A helper that is asked nothing does nothing", async () => {
  using host = new Host();
  await using helper = await startHelper();
  for (let i = 0; i < 1000; i++) equal(helper.client.lstat("/").errno, 0);
  // It settles within milliseconds, once it gets a processor; a second that begins in rest has to end so.
  const counts: number[] = [];
  for (let i = 0; i < 60; i++) {
    counts.push(switches(host, helper.pid));
    if (counts.at(-1) === counts.at(-2)) break;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  equal(counts.at(-1), counts.at(-2), String(counts));
  equal(helper.client.lstat("/").errno, 0);
});

for (
  const [what, wrapper, args, polls] of [
    // With strace(1) waits are long: the default would hardly poll for them.
    ["two processors", [], ["--poll-max-us", "1000"], true],
    ["--poll-max-us 0", [], ["--poll-max-us", "0"], false],
    ["one processor", ON_ONE, ["--poll-max-us", "1000"], false],
  ] as const
) {
  Deno.test({
    name: `With ${what} the helper ${polls ? "polls" : "never polls"}`,
    ignore: lacking("root", "strace").length > 0 ||
      polls && navigator.hardwareConcurrency < 2,
    async fn() {
      using directory = workspace();
      const log = `${directory.path}.strace`;
      try {
        await using helper = await startHelper({
          directory: directory.path,
          args,
          wrapper: [...wrapper, "strace", "-o", log, "-e", "trace=recvfrom"],
        });
        const traced = () => Deno.readTextFileSync(log);
        // Without waiting, but for what is known to be there.
        const polled = () => traced().includes("MSG_PEEK|MSG_DONTWAIT");
        // So many at least; on a busy machine waits are too long at first for any poll.
        for (let i = 0; i === 0 || polls && i < 100 && !polled(); i++) {
          for (let n = 0; n < 500; n++) {
            equal(helper.client.lstat("/").errno, 0);
          }
        }
        await helper.finish();
        ok(traced().includes("MSG_PEEK, "));
        equal(polled(), polls);
      } finally {
        Deno.removeSync(log);
      }
    },
  });
}
