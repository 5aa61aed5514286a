/** A ring: entries, indices that wrap around, and who is told. */
import { deepEqual, equal } from "node:assert/strict";
import { needsEvent } from "../../../../../src/vhost_user_fs/virtqueue/notification.ts";
import {
  BROKEN,
  ringSizes,
  SplitQueue,
} from "../../../../../src/vhost_user_fs/virtqueue/split_queue.ts";

const SIZE = 4;

/** A queue, and the driver's side of its tables. */
function makeQueue(eventIndex: boolean, start = 0) {
  const sizes = ringSizes(SIZE);
  const buffer = new SharedArrayBuffer(512);
  const available = new Uint16Array(buffer, 64, sizes.available / 2);
  const used = new Uint16Array(buffer, 128, sizes.used / 2);
  const entries = new Uint32Array(buffer, 132, 2 * SIZE);
  available[1] = start;
  used[1] = start;
  const queue = new SplitQueue(
    SIZE,
    {
      descriptors: { buffer, offset: 0 },
      available: { buffer, offset: 64 },
      used: { buffer, offset: 128 },
    },
    { eventIndex, indirect: false },
    start,
  );
  const add = (head: number) => {
    available[2 + available[1]! % SIZE] = head;
    available[1]!++;
  };
  return { queue, available, used, entries, add };
}

Deno.test("entries are taken and given back, over the end of the indices", () => {
  const { queue, used, entries, add } = makeQueue(true, 0xfffe);
  for (let i = 0; i < 3 * SIZE; i++) {
    equal(queue.look(), 0);
    add(i % SIZE);
    equal(queue.look(), 1);
    equal(queue.take(), i % SIZE);
    const slot = (0xfffe + i) % SIZE;
    queue.complete(i % SIZE, 100 + i);
    deepEqual([entries[2 * slot], entries[2 * slot + 1]], [i % SIZE, 100 + i]);
    equal(used[1], 0xfffe + i + 1 & 0xffff);
  }
});

Deno.test("a full ring is served, one with more than that is broken", () => {
  for (const start of [0, 0xfffd]) {
    const { queue, add, available } = makeQueue(true, start);
    for (let i = 0; i < SIZE; i++) add(i);
    equal(queue.look(), SIZE);
    available[1]!++;
    equal(queue.look(), BROKEN);
    available[1] = start - 1;
    equal(queue.look(), BROKEN);
    available[1] = start + 0x8000;
    equal(queue.look(), BROKEN);
  }
});

Deno.test("a head outside of the table is broken", () => {
  const { queue, add } = makeQueue(true);
  add(SIZE);
  equal(queue.look(), 1);
  equal(queue.take(), BROKEN);
});

Deno.test("the driver is told by its event index, over the end of the indices", () => {
  const { queue, available, add } = makeQueue(true, 0xffff);
  const completes = (event: number) => {
    available[2 + SIZE] = event;
    add(0);
    queue.look();
    queue.complete(queue.take(), 0);
    return queue.interrupts();
  };
  // Nobody knows what it was told before.
  equal(completes(0x8000), true);
  equal(completes(0), true);
  equal(completes(0), false);
  equal(completes(9), false);
  // Several at once: the event is among them.
  available[2 + SIZE] = 4;
  for (let i = 0; i < 3; i++) queue.complete(0, 0);
  equal(queue.interrupts(), true);
  // There is nothing new to tell of.
  equal(queue.interrupts(), false);
});

Deno.test("without event indices the driver is told unless it does not want it", () => {
  const { queue, available } = makeQueue(false);
  queue.complete(0, 0);
  equal(queue.interrupts(), true);
  queue.complete(0, 0);
  available[0] = 1;
  equal(queue.interrupts(), false);
  queue.complete(0, 0);
  available[0] = 0;
  equal(queue.interrupts(), true);
});

Deno.test("an interrupt that was asked for too late is made up for, once", () => {
  const { queue, available } = makeQueue(true, 0xffff);
  const event = 2 + SIZE;
  available[event] = 0x8000;
  queue.complete(0, 0);
  equal(queue.interrupts(), true);
  queue.complete(0, 0);
  equal(queue.interrupts(), false);
  // It has seen both: nothing is missed.
  available[event] = 1;
  equal(queue.missed(), false);
  // It has seen the first one, and asks for the second after that came.
  available[event] = 0;
  equal(queue.missed(), true);
  equal(queue.missed(), false);
  queue.complete(0, 0);
  available[event] = 1;
  equal(queue.interrupts(), true);
  equal(queue.missed(), false);
});

Deno.test("the same without event indices", () => {
  const { queue, available } = makeQueue(false);
  queue.complete(0, 0);
  equal(queue.interrupts(), true);
  available[0] = 1;
  queue.complete(0, 0);
  equal(queue.interrupts(), false);
  equal(queue.missed(), false);
  available[0] = 0;
  equal(queue.missed(), true);
  equal(queue.missed(), false);
});

Deno.test("an event is needed where the index passes it, as linux/virtio_ring.h has it", () => {
  for (const base of [0, 5, 0x7fff, 0xfffe]) {
    const at = (n: number) => base + n & 0xffff;
    deepEqual(
      [-2, -1, 0, 1, 2, 3].map((event) => needsEvent(at(event), at(2), at(0))),
      [false, false, true, true, false, false],
    );
  }
});

Deno.test("kicks are asked for by an event index, and by nothing else meanwhile", () => {
  const { queue, used, add } = makeQueue(true);
  equal(queue.arm(), false);
  equal(used[2 + 4 * SIZE], 0);
  add(0);
  queue.disarm();
  queue.look();
  queue.take();
  deepEqual([used[0], used[2 + 4 * SIZE]], [0, 0]);
  equal(queue.arm(), false);
  equal(used[2 + 4 * SIZE], 1);
});

Deno.test("kicks are asked for by a flag where there are no event indices", () => {
  const { queue, used, available, add } = makeQueue(false);
  used[2 + 4 * SIZE] = 77;
  equal(queue.arm(), false);
  equal(used[0], 0);
  queue.disarm();
  equal(used[0], 1);
  equal(queue.arm(), false);
  equal(used[0], 0);
  add(0);
  equal(queue.arm(), true);
  equal(available[1], 1);
  equal(used[2 + 4 * SIZE], 77);
});

Deno.test("a ring goes on where it was moved to", () => {
  const { queue, add } = makeQueue(true);
  add(0);
  queue.look();
  queue.complete(queue.take(), 1);
  const buffer = new SharedArrayBuffer(512);
  const available = new Uint16Array(buffer, 64, 3 + SIZE);
  const used = new Uint16Array(buffer, 128, 3 + 4 * SIZE);
  queue.move({
    descriptors: { buffer, offset: 0 },
    available: { buffer, offset: 64 },
    used: { buffer, offset: 128 },
  });
  available.set([0, 2, 9, 3]);
  equal(queue.look(), 1);
  equal(queue.take(), 3);
  queue.complete(3, 5);
  deepEqual([...used.subarray(0, 2)], [0, 2]);
  deepEqual([...new Uint32Array(buffer, 132 + 8, 2)], [3, 5]);
});
