/**
 * A real guest works in a share that the helper serves, and the same guest in
 * one that the original serves.
 */
import { deepEqual, equal } from "node:assert/strict";
import { type GuestRun, runGuest } from "../support/guest.ts";
import { lacking } from "../support/requirements.ts";
import {
  differences,
  leftBehind,
  leftBeyond,
  leftOfThousand,
} from "./expected.ts";

const machine = ["root", "qemu", "kernel", "busybox", "attr"] as const;
const ignore = lacking(...machine).length > 0;
const ignoreComparison = ignore || lacking("original").length > 0;

/** What the two guests did. They run once, for all tests, and side by side. */
let runs: Promise<{ ours: GuestRun; original: GuestRun | undefined }>;

function guests(): typeof runs {
  return runs ??= Promise.all([
    runGuest("ours"),
    ignoreComparison ? undefined : runGuest("original"),
  ]).then(([ours, original]) => ({ ours, original }));
}

Deno.test({
  name: "a guest does all of its work, as root and as a user, at each msize",
  ignore,
  async fn() {
    const { ours } = await guests();
    const work = ours.lines.get("");
    equal(work === undefined, false, `The work has no end:\n${ours.console}`);
    deepEqual(surprises(work!), []);
    deepEqual(
      work!.filter((line) => line.startsWith("== msize")),
      ["== msize 8192", "== msize 131072", "== msize 512000"],
    );
  },
});

Deno.test({
  name: "the host finds exactly what the guest has left: contents, owners, " +
    "modes, times, attributes",
  ignore,
  async fn() {
    const { ours } = await guests();
    const expected = [8192, 131072, 512000].flatMap((msize) => [
      `${msize} | d 755 0:0`,
      ...leftBehind(msize, "root"),
      ...leftBehind(msize, "user"),
    ]);
    const tree = ours.tree.filter((line) => !line.startsWith("beyond"));
    expected.push(...leftOfThousand("512000/user"));
    deepEqual(differences(tree, expected.sort()), []);
    equal(tree.length, expected.length);
  },
});

Deno.test({
  name: "files of root with another group do not end the service",
  ignore,
  async fn() {
    const { ours } = await guests();
    deepEqual(surprises(ours.lines.get("beyond") ?? ["UNEXPECTED end"]), []);
    deepEqual(
      ours.tree.filter((line) => line.startsWith("beyond")),
      leftBeyond().sort(),
    );
  },
});

Deno.test({
  name: "QEMU has nothing to complain of, and the helper ends with it",
  ignore,
  async fn() {
    const { ours } = await guests();
    deepEqual([ours.qemu.code, ours.helper.code, ours.helper.signal], [
      0,
      0,
      null,
    ], ours.helperOutput);
    const complaints = ours.complaints.split("\n").filter((line) =>
      // QEMU would have a larger msize; the small one is the test.
      line !== "" && !line.includes("msize")
    );
    deepEqual(complaints, []);
  },
});

Deno.test({
  name: "a guest and its host see the same of this helper and of the original",
  ignore: ignoreComparison,
  async fn() {
    const { ours, original } = await guests();
    const lines = ours.lines.get("") ?? [];
    const same = original!.lines.get("") ?? [];
    const tree = ours.tree.filter((line) => !line.startsWith("beyond"));
    console.log(
      `guest script: ${lines.length} lines compared, ` +
        `${differences(lines, same).length} differ; ` +
        `host: ${tree.length} files compared, ` +
        `${differences(tree, original!.tree).length} differ; ` +
        `${seconds(ours)} s on this helper, ${
          seconds(original!)
        } s on the original`,
    );
    deepEqual(differences(lines, same), []);
    deepEqual(differences(tree, original!.tree), []);
    equal(lines.length > 3000, true, `Only ${lines.length} lines`);
  },
});

Deno.test({
  name: "a guest sees the same over a named socket, with the helper in the " +
    "background and QEMU as nobody",
  ignore,
  async fn() {
    const { ours } = await guests();
    const named = await runGuest("ours", "named");
    equal(named.helper.code, 0, named.helperOutput);
    const lines = named.lines.get("") ?? [];
    console.log(`guest script: ${lines.length} lines compared`);
    deepEqual(differences(lines, ours.lines.get("") ?? []), []);
    deepEqual(differences(named.tree, ours.tree), []);
  },
});

/** Lines that say that a command went another way than it had to, with what stands before. */
function surprises(lines: readonly string[]): string[] {
  return lines.flatMap((line, at) =>
    line.startsWith("UNEXPECTED")
      ? [lines.slice(Math.max(0, at - 5), at + 1).join("\n")]
      : []
  );
}

function seconds({ took }: GuestRun): number {
  return Math.round(took / 1000);
}
