/** What the threads may do while requests are carried out for users, as the host sees it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { SEVEN } from "../../../src/identity.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { mkdir } from "../../../src/vhost_user_fs/client/requests/names.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { threadsOf } from "../../support/threads.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { HELPER } from "../support/helper.ts";
import { greet, startProgram } from "../support/program.ts";

const test = testsThatNeed("root");
const NOBODY = 65534;

/** Holds against what has to be whenever no request is under way. */
function expectRights(pid: number, what: string): void {
  const threads = threadsOf(pid);
  ok(threads.some(({ uids }) => uids[0] === NOBODY), "there is one thread");
  for (const thread of threads) {
    deepEqual(thread.groups, [], what);
    equal(thread.inheritable | thread.ambient, 0n, what);
    if (thread.uids[0] === NOBODY) {
      equal(thread.effective | thread.permitted, 0n, what);
      continue;
    }
    deepEqual(thread.uids, [0, 0, 0, 0], what);
    deepEqual(thread.gids, [0, 0, 0, 0], what);
    equal(thread.bounding, 0n, what);
    equal(thread.effective, BigInt(SEVEN), what);
    equal(thread.permitted, BigInt(SEVEN), what);
  }
}

test("Rights are back in place after acting for users of every kind, with or without a group", async () => {
  using place = exportWorkspace();
  Deno.chmodSync(place.export, 0o777);
  await using program = startProgram(place, "connection", [
    ...["--fd=FD", "--shared-dir=DIR"],
  ], { program: ["setpriv", "--groups", "4,20,1000", HELPER] });
  using frontEnd = await program.connect();
  const session = greet(frontEnd);
  expectRights(program.pid, "at the start");
  const NONE = 0xffffffff;
  const callers = [[0, 0], [0, 5], [1000, 1000], [1000, 0], [NONE, 0]];
  callers.push([0, NONE]);
  let n = 0;
  for (const [uid = 0, gid = 0] of [...callers, ...callers.toReversed()]) {
    for (const group of [undefined, 0, 27, NONE]) {
      session.as({ uid, gid }, () => {
        for (const parent of [ROOT, 12345]) {
          const request = mkdir(parent, `${n++}`, 0o700);
          session.ask(group === undefined ? request : { ...request, group });
        }
      });
      expectRights(program.pid, `after ${uid}:${gid}, group ${group}`);
    }
  }
});
