/** A real guest works in a share by virtiofs. */
import { deepEqual, equal } from "node:assert/strict";
import { leftBehind, leftOfThousand } from "../../guest/expected.ts";
import { lacking } from "../../support/requirements.ts";
import { runShare, type ShareRun } from "../support/machine.ts";

const machine = ["root", "qemu", "kernel", "busybox", "attr"] as const;
const ignore = lacking(...machine).length > 0;

/** Status of all, and nothing in the job that was not expected. */
function expectGoodRun({ lines, console, qemu, helper }: ShareRun): void {
  equal(lines === undefined, false, `The work has no end:\n${console}`);
  const surprises = lines!.flatMap((line, at) =>
    line.startsWith("UNEXPECTED") ? [lines!.slice(at - 3, at + 1)] : []
  );
  deepEqual(surprises, []);
  deepEqual([qemu.code, helper.code], [0, 0], helper.output + qemu.stderr);
  equal(qemu.stderr, "");
}

for (const cache of ["auto", "never"]) {
  Deno.test({
    name: `a guest does all of its work, with --cache ${cache}`,
    ignore,
    async fn() {
      const run = await runShare({
        job: "job.sh",
        args: ["--xattr", `--cache=${cache}`],
        prepare: (directory) =>
          Deno.writeTextFileSync(`${directory}/from-the-host`, "seen\n"),
      });
      expectGoodRun(run);
      const expected = [
        "8192 | d 755 0:0",
        ...leftBehind(8192, "root"),
        ...leftBehind(8192, "user"),
        ...leftOfThousand("8192/user"),
      ];
      const tree = run.tree.filter((line) => line.startsWith("8192"));
      deepEqual(tree, expected.sort());
    },
  });
}
