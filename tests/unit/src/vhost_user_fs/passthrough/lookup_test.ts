/** Lookups while the host changes what is looked up: the calls are made up. */
import { deepEqual, equal } from "node:assert/strict";
import { ENOENT } from "../../../../../ffi/errno.ts";
import { STATX } from "../../../../../ffi/files.ts";
import type { Name, PassthroughCalls } from "../../../../../ffi/passthrough.ts";
import type { Fd } from "../../../../../ffi/results.ts";
import { Log } from "../../../../../src/log/log.ts";
import { Budget } from "../../../../../src/vhost_user_fs/passthrough/budget.ts";
import {
  Inodes,
  ROOT,
} from "../../../../../src/vhost_user_fs/passthrough/inodes.ts";
import { Lookup } from "../../../../../src/vhost_user_fs/passthrough/lookup.ts";

const NAME = null as unknown as Name;

/** A world in which `answers` are what the calls return, one after the other: an inode, or a negative errno. */
function world(answers: number[]) {
  const closed: number[] = [];
  const words = new Uint32Array(STATX.size / 4);
  let fds = 100;
  const look = () => {
    const answer = answers.shift()!;
    if (answer < 0) return answer;
    words[STATX.ino] = answer;
    words[STATX.mode] = 0o100644;
    return 0;
  };
  const calls = {
    statBuffer: { words },
    statAt: look,
    stat: look,
    openPath: () => {
      const answer = answers.shift()!;
      return answer < 0 ? answer : fds++;
    },
    close: (fd: number) => closed.push(fd),
  } as unknown as PassthroughCalls;
  const budget = new Budget(100, new Log("error", "text", () => {}));
  words[STATX.ino] = 1;
  const inodes = new Inodes(calls.close, budget, 3 as Fd, words);
  const lookup = new Lookup(calls, inodes, budget, { submounts: true });
  return { lookup, inodes, closed, budget };
}

const OPENED = 0;

Deno.test("What the descriptor is counts, not what the name was before", () => {
  // The name is 7's, then 8's by the time it is opened; then 8's and 7's.
  const { lookup, inodes, closed, budget } = world([
    ...[7, OPENED, 8],
    8,
    ...[7, OPENED, 8],
  ]);
  const first = lookup.find(ROOT, NAME);
  equal(lookup.find(ROOT, NAME), first);
  // What was opened in vain is closed.
  equal(lookup.find(ROOT, NAME), first);
  deepEqual(closed, [101]);
  equal(budget.used, 1);
  equal(inodes.references(first as typeof ROOT), 3);
});

Deno.test("What goes away in between leaves nothing", () => {
  const { lookup, closed, budget } = world([
    -ENOENT,
    ...[7, -ENOENT],
    ...[7, OPENED, -ENOENT],
  ]);
  for (let i = 0; i < 3; i++) equal(lookup.find(ROOT, NAME), -ENOENT);
  deepEqual(closed, [100]);
  equal(budget.used, 0);
});
