/**
 * A real guest creates files in each way that 9p has to say for whom: with
 * `access=any` and 9p2000.u it leaves out the user, the group, or both.
 */
import { deepEqual, equal } from "node:assert/strict";
import { mountNew } from "../support/file_systems.ts";
import { type GuestRun, runGuest } from "../support/guest.ts";
import { FIRST, MAPPED } from "../support/mapped.ts";
import { lacking } from "../support/requirements.ts";

const machine = ["root", "qemu", "kernel", "busybox", "attr"] as const;

/** Whose files are that were made by root, and by user 1000 of group 1000. */
const OWNERS = {
  /** Everybody is nobody in particular; the group is sent. */
  any: { root: [0, 0], guest: [0, 1000] },
  user: { root: [0, 0], guest: [1000, 1000] },
  /** This version has no place for a group. */
  u: { root: [0, 0], guest: [1000, 0] },
} as const;

const KINDS = ["dir", "dir/inside", "fifo", "link", "moved"];

/** `any/root/dir 0:0` for every file that was made. */
function expected(first: number): string[] {
  return Object.entries(OWNERS).flatMap(([way, owners]) =>
    Object.entries(owners).flatMap(([who, [uid, gid]]) =>
      KINDS.map((kind) => `${way}/${who}/${kind} ${first + uid}:${first + gid}`)
    )
  ).sort();
}

function owners({ tree }: GuestRun): string[] {
  return tree.flatMap((line) => {
    const [, path, owner] = /^(\w+\/\w+\/\S+) \| \w \d+ (\d+:\d+)/.exec(line) ??
      [];
    return path === undefined ? [] : [`${path} ${owner}`];
  }).sort();
}

function expectGoodRun(run: GuestRun): void {
  const lines = run.lines.get("");
  equal(lines === undefined, false, `The work has no end:\n${run.console}`);
  const surprise = lines!.findIndex((line) => line.startsWith("UNEXPECTED"));
  equal(surprise, -1, lines!.join("\n"));
  deepEqual([run.qemu.code, run.helper.code], [0, 0], run.helperOutput);
}

Deno.test({
  name:
    "a guest creates files by access=any, access=user and 9p2000.u, as root and as a user",
  ignore: lacking(...machine).length > 0,
  async fn() {
    const run = await runGuest("ours", "inherited", { job: "access.sh" });
    expectGoodRun(run);
    deepEqual(owners(run), expected(0));
  },
});

Deno.test({
  name:
    "a guest with mapped ids does so, too, and its own id is the mapped root's",
  ignore: lacking(...machine, "mapped ext4").length > 0,
  async fn() {
    using share = mountNew("ext4");
    Deno.chownSync(share.path, FIRST, FIRST);
    Deno.removeSync(`${share.path}/lost+found`);
    const run = await runGuest("ours", "inherited", {
      job: "access.sh",
      args: MAPPED,
      share: share.path,
    });
    expectGoodRun(run);
    deepEqual(owners(run), expected(FIRST));
  },
});
