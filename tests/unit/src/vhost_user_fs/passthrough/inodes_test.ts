/** The table of inodes: many of them, and node numbers that are used again. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { STATX } from "../../../../../ffi/files.ts";
import type { Fd } from "../../../../../ffi/results.ts";
import { Log } from "../../../../../src/log/log.ts";
import { Budget } from "../../../../../src/vhost_user_fs/passthrough/budget.ts";
import {
  Inodes,
  ROOT,
  type Slot,
} from "../../../../../src/vhost_user_fs/passthrough/inodes.ts";
import {
  DIRECTORY,
  FILE,
  OpenFiles,
} from "../../../../../src/vhost_user_fs/passthrough/open_files.ts";

const log = new Log("error", "text", () => {});

/** What statx(2) would say of an inode. */
function status(
  ino: number,
  {
    high = 0,
    major = 8,
    minor = 1,
    mount = 20,
    mountHigh = 0,
    mode = 0o100644,
  } = {},
): Uint32Array {
  const words = new Uint32Array(STATX.size / 4);
  words[STATX.ino] = ino;
  words[STATX.ino + 1] = high;
  words[STATX.devMajor] = major;
  words[STATX.devMinor] = minor;
  words[STATX.mountId] = mount;
  words[STATX.mountId + 1] = mountHigh;
  words[STATX.mode] = mode;
  return words;
}

function table() {
  const closed: number[] = [];
  const budget = new Budget(1_000_000, log);
  const inodes = new Inodes(
    (fd) => closed.push(fd),
    budget,
    3 as Fd,
    status(2, { mode: 0o040755 }),
  );
  return { closed, budget, inodes };
}

Deno.test("Inodes differ by number, device and mount, and by both halves", () => {
  const { inodes, closed } = table();
  const all = [
    status(2),
    status(2, { high: 1 }),
    status(2, { major: 9 }),
    status(2, { minor: 2 }),
    status(2, { mount: 21 }),
    status(2, { mountHigh: 1 }),
    status(1),
  ];
  // The root is known from the start.
  equal(inodes.find(all[0]!), ROOT);
  const slots = all.slice(1).map((words, i) => {
    equal(inodes.find(words), 0);
    return inodes.add(10 + i as Fd, words);
  });
  deepEqual(all.slice(1).map((words) => inodes.find(words)), slots);
  equal(new Set(slots).size, slots.length);
  for (const slot of slots) {
    equal(inodes.type(slot), 0o100000);
    inodes.forget(slot, inodes.generation(slot), 1);
  }
  deepEqual(closed, [10, 11, 12, 13, 14, 15]);
  for (const words of all.slice(1)) equal(inodes.find(words), 0);
  equal(inodes.find(all[0]!), ROOT);
});

Deno.test("Inodes: 20,000 of them come and go in any order", () => {
  const { inodes, closed, budget } = table();
  const count = 20_000;
  const slots = new Map<number, Slot>();
  for (let i = 0; i < count; i++) {
    slots.set(i, inodes.add(100 + i as Fd, status(1000 + i * 7)));
  }
  equal(budget.used, count);
  const numbers = new Map<number, number>();
  for (const [i, slot] of slots) {
    equal(inodes.find(status(1000 + i * 7)), slot);
    equal(inodes.fd(slot), 100 + i);
    numbers.set(i, inodes.generation(slot));
  }
  const order = [...slots.keys()].sort((a, b) =>
    (a * 7919) % count - (b * 7919) % count
  );
  for (const i of order) {
    const slot = slots.get(i)!;
    inodes.take(slot);
    inodes.forget(slot, numbers.get(i)!, 1);
    equal(inodes.references(slot), 1);
    inodes.forget(slot, numbers.get(i)!, 1);
    equal(inodes.find(status(1000 + i * 7)), 0);
    equal(inodes.slotOf(slot, numbers.get(i)!), 0);
  }
  equal(budget.used, 0);
  deepEqual(closed, order.map((i) => 100 + i));
  // The same slots again, under other numbers.
  const again = inodes.add(5 as Fd, status(1));
  notEqual(inodes.generation(again), 0);
  equal(inodes.slotOf(again, 0), 0);
  equal(inodes.slotOf(again, inodes.generation(again)), again);
  inodes.reset();
  equal(budget.used, 0);
  equal(closed.at(-1), 5);
  equal(inodes.fd(ROOT), 3);
});

Deno.test("Inodes: node numbers that lead nowhere", () => {
  const { inodes } = table();
  const slot = inodes.add(7 as Fd, status(50));
  for (
    const [low, high] of [
      [0, 0],
      [slot, 1],
      [slot + 1, 0],
      [1, 1],
      [5000, 0],
      [0xffffffff, 0xffffffff],
      [0x80000000 + slot, 0],
    ] as const
  ) equal(inodes.slotOf(low, high), 0, `${low} ${high}`);
  equal(inodes.slotOf(1, 0), ROOT);
  inodes.forget(1, 0, 1e9);
  equal(inodes.slotOf(1, 0), ROOT);
});

Deno.test("Open files: by kind, generation and slot", () => {
  const closed: number[] = [];
  const budget = new Budget(10_000, log);
  const files = new OpenFiles((fd) => closed.push(fd), budget);
  const handles = Array.from(
    { length: 3000 },
    (_, i) => files.add(i as Fd, i % 2 ? FILE : DIRECTORY, i),
  );
  handles.forEach((handle, i) => {
    const [kind, other] = i % 2 ? [FILE, DIRECTORY] : [DIRECTORY, FILE];
    equal(files.find(handle, 0, kind!), handle);
    equal(files.find(handle, 0, other!), 0);
    equal(files.find(handle, 1, kind!), 0);
    deepEqual([files.fd(handle), files.flags(handle)], [i, i]);
  });
  const [first] = handles;
  files.moved(first!, 5, 6);
  files.release(first!);
  equal(files.find(first!, 0, DIRECTORY), 0);
  const again = files.add(77 as Fd, FILE, 0);
  equal(again, first);
  equal(files.generation(again), 1);
  equal(files.isAt(again, 0, 0), true);
  files.reset();
  equal(budget.used, 0);
  equal(closed.length, 3001);
});
