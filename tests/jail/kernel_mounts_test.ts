/** What belongs to the kernel is not exported. */
import { equal, match } from "node:assert/strict";
import { refusal, startHelper } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "mount", "unshare");

/** Runs `script` in a mount namespace of the helper's own, with the export as its `$0`. */
const prepared = (script: string, path: string) => [
  ...["unshare", "--mount", "--propagation", "private", "sh", "-ec"],
  ...[`${script}; exec "$@"`, path],
];

for (
  const [what, script, reason] of [
    [
      "a proc",
      'mkdir "$0/proc"; mount -t proc proc "$0/proc"',
      /the proc at .*\/proc in it/,
    ],
    [
      "a sysfs that is bound",
      'mkdir "$0/s"; mount --rbind /sys "$0/s"',
      /the sysfs at .*\/s in it/,
    ],
    [
      "a proc behind a name with a blank",
      'mkdir "$0/a b"; mount -t proc proc "$0/a b"',
      /the proc at .*\/a b in it/,
    ],
  ] as const
) {
  test(`An export with ${what} in it is refused, with a way out`, async () => {
    using place = exportWorkspace();
    const output = await refusal({
      place,
      wrapper: prepared(script, place.export),
    });
    match(output, /error: Cannot share .*: with /);
    match(output, reason);
    match(output, /: mount --bind \S+ \/mnt$/m);
  });
}

test("The root directory is refused, and the bind mount that is advised serves", async () => {
  match(
    await refusal({ directory: "/" }),
    /error: Cannot share \/: with the \w+ at \/(proc|sys)/,
  );
  using place = exportWorkspace();
  await using helper = await startHelper({
    place,
    wrapper: prepared('mount --bind / "$0"', place.export),
  });
  equal(helper.client.lstat("/etc").errno, 0);
  equal(helper.client.lstat("/proc/self").errno, 2);
  await helper.finish();
});
