/** Which node a name has, and for how long. */
import { equal, notEqual } from "node:assert/strict";
import { O_RDWR } from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import {
  open,
  read,
} from "../../../src/vhost_user_fs/client/requests/files.ts";
import {
  batchForget,
  destroy,
  forget,
  init,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import { makeFiles, nodeOf } from "../support/share_files.ts";
import { forEachServer, type Trial } from "../support/each_server.ts";

/** Whether the guest's number for a file still means one. */
function known(trial: Trial, nodeid: number): boolean {
  return trial.session.ask(getattr(nodeid)).errno === 0;
}

forEachServer("a file has one node by all of its names", (trial) => {
  const { host, path } = trial;
  host.link(path("file"), path("dir/same"));
  const dir = nodeOf(trial, "dir");
  equal(nodeOf(trial, "same", dir), nodeOf(trial, "file"));
  notEqual(nodeOf(trial, "other"), nodeOf(trial, "file"));
}, { prepare: makeFiles });

forEachServer("a node is forgotten with its last reference", (trial) => {
  const node = nodeOf(trial, "file");
  for (let count = 1; count < 5; count++) equal(nodeOf(trial, "file"), node);
  trial.must(forget(node, 4));
  equal(known(trial, node), true);
  trial.must(forget(node));
  equal(known(trial, node), false);
  trial.must(forget(node));
  trial.must(forget(987_654));
  equal(known(trial, nodeOf(trial, "file")), true);
}, { prepare: makeFiles });

forEachServer("each way to make a file gives one reference", (trial) => {
  const made = [
    names.mkdir(ROOT, "a", 0o755),
    names.mknod(ROOT, "b", 0o100644),
    names.symlink(ROOT, "c", "x"),
    names.create(ROOT, "d", O_RDWR, 0o644),
  ].map((request) => trial.must(request).nodeid);
  const first = made[1]!;
  trial.must(names.link(ROOT, "e", first));
  trial.must(forget(first));
  equal(known(trial, first), true);
  for (const node of made) {
    trial.must(forget(node));
    equal(known(trial, node), false, `node ${node}`);
  }
});

forEachServer("LOOKUP and FORGET may race, and none is lost", (trial) => {
  const { session, frontEnd } = trial;
  const [hiprio, requests] = frontEnd.rings;
  const node = nodeOf(trial, "file");
  // One that always stays: a node that goes comes back as another.
  nodeOf(trial, "file");
  for (let round = 0; round < 2000; round++) {
    // Two rings: which of them is looked at first is the server's choice.
    const found = session.send(names.lookup(ROOT, "file"));
    session.send(forget(node));
    session.kick(round % 2 ? hiprio! : requests!);
    session.kick(round % 2 ? requests! : hiprio!);
    const [, answer] = session.next(requests!);
    session.next(hiprio!);
    equal(answer.errno, 0);
    equal(
      (answer.value as { nodeid: number }).nodeid,
      node,
      found.request.op as string,
    );
  }
  trial.must(forget(node));
  equal(known(trial, node), true);
  trial.must(forget(node));
  equal(known(trial, node), false);
}, { prepare: makeFiles });

forEachServer("BATCH_FORGET", (trial) => {
  const [file, other, dir] = ["file", "other", "dir"].map((name) =>
    nodeOf(trial, name)
  );
  nodeOf(trial, "other");
  trial.must(batchForget([[file!, 1], [other!, 1], [987_654, 3], [dir!, 1]]));
  equal(
    [file, other, dir].map((node) => known(trial, node!)).join(),
    "false,true,false",
  );
  trial.expect(
    "BATCH_FORGET of more than there are",
    batchForget([[other!, 5]]),
  );
}, { prepare: makeFiles });

forEachServer("the root is never forgotten", (trial) => {
  trial.must(forget(ROOT, 1));
  trial.expect("FORGET of the root", forget(ROOT, 2 ** 40));
  trial.observe("the root after FORGET", String(known(trial, ROOT)), "true");
}, { prepare: makeFiles });

forEachServer(
  "a node outlives its name, and a new file has a new one",
  (trial) => {
    const { path } = trial;
    const node = nodeOf(trial, "file");
    Deno.renameSync(path("file"), path("moved"));
    equal(nodeOf(trial, "moved"), node);
    Deno.writeTextFileSync(path("file"), "another");
    notEqual(nodeOf(trial, "file"), node);
    Deno.removeSync(path("moved"));
    equal(trial.must(getattr(node)).attributes.nlink, 0);
    trial.must(forget(node, 2));
    equal(known(trial, node), false);
  },
  { prepare: makeFiles },
);

forEachServer(
  "a number that was given back means nothing else later",
  (trial) => {
    const stale = nodeOf(trial, "file");
    trial.must(forget(stale));
    for (let count = 0; count < 50; count++) {
      const next = trial.must(names.mkdir(ROOT, `d${count}`, 0o755)).nodeid;
      if (next === stale) return trial.observe("a number", "used again", "new");
      trial.must(forget(next));
    }
    equal(known(trial, stale), false);
  },
  { prepare: makeFiles },
);

forEachServer("INIT and DESTROY forget everything", (trial) => {
  for (const request of [init(), destroy()]) {
    const node = nodeOf(trial, "file");
    const { fh } = trial.must(open(node, O_RDWR));
    if (request.op === "DESTROY") {
      // Some servers never answer it: the chain comes back, and that is all.
      trial.observe("DESTROY", answered(trial), "answered");
      trial.must(init());
    } else trial.must(request as ReturnType<typeof init>);
    equal(known(trial, node), false);
    const left = trial.session.ask(read(node, fh, 0, 9));
    trial.observe(
      `a handle after ${request.op}`,
      left.errno === 0 ? "works" : "gone",
      "gone",
    );
    equal(known(trial, nodeOf(trial, "file")), true);
  }
}, { prepare: makeFiles });

function answered(trial: Trial): string {
  try {
    trial.must(destroy());
    return "answered";
  } catch (error) {
    return (error as Error).message;
  }
}
