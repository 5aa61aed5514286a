/** What the helper's threads may do, as the host sees it. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { SEVEN } from "../../src/identity.ts";
import type { ThreadState } from "../../ffi/proc.ts";
import { refusal, startHelper, startServing } from "../support/helpers.ts";
import { withoutCapability } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { threadsOf } from "../support/threads.ts";

const test = testsThatNeed("root");

const NOBODY = 65534;

/**
 * The main thread has the seven. Threads from before the jail are nobody's and
 * have none; those that the runtime started in it have what it started them with.
 */
function expectRights(threads: readonly ThreadState[], pid: number): void {
  ok(
    threads.some(({ uids }) => uids[0] === NOBODY),
    "there is no other thread",
  );
  for (const thread of threads) {
    deepEqual(thread.groups, []);
    equal(thread.inheritable, 0n);
    equal(thread.ambient, 0n);
    if (thread.uids[0] === NOBODY) {
      equal(thread.effective | thread.permitted, 0n);
      continue;
    }
    deepEqual(thread.uids, [0, 0, 0, 0]);
    deepEqual(thread.gids, [0, 0, 0, 0]);
    equal(thread.bounding, 0n);
    equal(thread.effective, BigInt(SEVEN), String(thread.tid === pid));
    equal(thread.permitted, BigInt(SEVEN));
  }
}

test("The main thread has exactly seven capabilities, and no thread has more", async () => {
  await using helper = await startServing();
  equal(SEVEN, 0x080000db);
  expectRights(threadsOf(helper.pid), helper.pid);
  // Now and then a thread is started in the jail, to wait for the next request.
  for (let i = 0; i < 20; i++) {
    equal(helper.client.lstat("/").errno, 0);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expectRights(threadsOf(helper.pid), helper.pid);
});

test("Rights are back in place after acting for owners of every kind", async () => {
  await using helper = await startHelper();
  const NONE = 0xffffffff;
  const owners = [[0, 0], [0, 5], [1000, 1000], [1000, 0], [NONE, 0]];
  owners.push([0, NONE]);
  let n = 0;
  for (const [uid = 0, gid = 0] of [...owners, ...owners.toReversed()]) {
    helper.client.mkdir(`/${n++}`, 0o700, uid, gid);
    helper.client.mkdir(`/missing/${n++}`, 0o700, uid, gid);
    const main = threadsOf(helper.pid).find(({ tid }) => tid === helper.pid);
    equal(main?.effective, BigInt(SEVEN), `after ${uid}:${gid}`);
    deepEqual(main?.uids, [0, 0, 0, 0]);
    deepEqual(main?.gids, [0, 0, 0, 0]);
  }
});

test("Supplementary groups of the caller are dropped", async () => {
  await using helper = await startServing({
    wrapper: ["setpriv", "--groups", "4,20,1000"],
  });
  for (const { groups } of threadsOf(helper.pid)) deepEqual(groups, []);
});

test("Without CAP_MKNOD the helper serves, with one warning", async () => {
  await using helper = await startServing({
    wrapper: withoutCapability("mknod"),
  });
  const output = await helper.finish();
  equal(output.match(/warning:/g)?.length, 1);
  match(output, /there is no CAP_MKNOD/);
});

for (
  const name of ["sys_chroot", "setuid", "setgid", "dac_override", "setpcap"]
) {
  const capability = `CAP_${name.toUpperCase()}`;
  test(`Without ${capability} the helper refuses to start`, async () => {
    match(
      await refusal({ wrapper: withoutCapability(name) }),
      new RegExp(`error: Cannot jail .*: without ${capability}; start as root`),
    );
  });
}

test("An ordinary user is told which command works", async () => {
  // Root by another name: no rights, but the files of the test can be read.
  const output = await refusal({ wrapper: withoutCapability("all") });
  match(output, /unshare --user --map-root-user --mount/);
});
