/** Between a look at the rings and the sleep on their kicks. */
import { deepEqual, equal } from "node:assert/strict";
import { EAGAIN } from "../../../../ffi/errno.ts";
import type { Epoll } from "../../../../ffi/epoll.ts";
import {
  CONTROL_READY,
  QueueSource,
} from "../../../../src/vhost_user_fs/queue_source.ts";
import type {
  ActiveRing,
  Rings,
} from "../../../../src/vhost_user_fs/vhost_user/rings.ts";
import { BROKEN } from "../../../../src/vhost_user_fs/virtqueue/split_queue.ts";

/** A ring that says what each look at it finds, and whether it was too late to ask for a kick. */
function ring(
  looks: number[],
  late: boolean[] = [],
  missed: boolean[] = [],
): ActiveRing {
  const queue = {
    waiting: 0,
    armed: 0,
    missed: () => missed.shift() ?? false,
    look() {
      const found = looks.shift() ?? 0;
      if (found !== BROKEN) this.waiting = found;
      return found;
    },
    arm() {
      this.armed++;
      return late.shift() ?? false;
    },
    disarm() {
      this.armed = 0;
    },
  };
  return { queue } as unknown as ActiveRing;
}

/** A source of these rings, and a set that tells of so many events and says how often it was asked. */
function makeSource(
  rings: ActiveRing[],
  events: number[] = [],
  told = false,
) {
  const set = {
    waits: 0,
    wait() {
      this.waits++;
      return events.shift() ?? 0;
    },
    includes: () => told,
  };
  const all = { active: rings };
  const reminded: ActiveRing[] = [];
  const source = new QueueSource(
    all as unknown as Rings,
    set as unknown as Epoll,
    (broken) => {
      all.active = all.active.filter((one) => one !== broken);
    },
    (ring) => reminded.push(ring),
  );
  return { source, set, reminded };
}

Deno.test("a request that comes before a kick is asked for is not slept through", () => {
  const one = ring([0, 1], [true]);
  const { source, set } = makeSource([one], [0]);
  equal(source.receive(), 1);
  equal(set.waits, 0);
});

Deno.test("a broken ring hides no request in another, whose kick was seen already", () => {
  const { source } = makeSource([ring([1, 1]), ring([BROKEN]), ring([2, 2])]);
  equal(source.receiveNow(), 3);
});

Deno.test("the sleep goes on after a kick for nothing, but not for ever", () => {
  const { source, set } = makeSource([ring([])], Array(1000).fill(1));
  equal(source.receive(), -EAGAIN);
  equal(set.waits, 8);
});

/** What {@linkcode QueueSource} takes in a row. */
const FALSE_KICKS = 8;

Deno.test("a request is not slept through whose kick ends the last of too many sleeps", () => {
  const looks = [...Array(FALSE_KICKS).fill(0), 1];
  const { source } = makeSource([ring(looks)], Array(FALSE_KICKS).fill(1));
  equal(source.receive(), 1);
});

Deno.test("a request is not slept through that comes before a kick is asked for in the last round", () => {
  const looks = [...Array(FALSE_KICKS).fill(0), 1];
  const late = [...Array(FALSE_KICKS - 1).fill(false), true];
  const { source } = makeSource(
    [ring(looks, late)],
    Array(FALSE_KICKS - 1).fill(1),
  );
  equal(source.receive(), 1);
});

Deno.test("a request whose driver saw too late that a kick was asked for is found after the sleep", () => {
  const one = ring([0, 1]);
  const { source, set } = makeSource([one], [0]);
  equal(source.receive(), 1);
  equal(set.waits, 1);
  deepEqual(one.queue, { ...one.queue, armed: 0 });
});

Deno.test("a driver that may have missed an interrupt is told once more before a long sleep", () => {
  const one = ring([], [], [true]), other = ring([]);
  const { source, reminded } = makeSource([other, one], [1]);
  equal(source.receive(), -EAGAIN);
  deepEqual(reminded, [one]);
  equal(source.receive(), -EAGAIN);
  deepEqual(reminded, [one]);
});

Deno.test("kicks stay asked for while nothing is there, and are not when something is", () => {
  const one = ring([0, 0, 1]);
  const { source } = makeSource([one], [1, 1]);
  equal(source.receive(), 1);
  deepEqual(one.queue, { ...one.queue, armed: 0 });
  const other = ring([]);
  equal(makeSource([other]).source.receive(), -EAGAIN);
  deepEqual(other.queue, { ...other.queue, armed: 1 });
});

Deno.test("the control socket is told of before requests are slept for again", () => {
  const { source } = makeSource([ring([])], [1], true);
  equal(source.receive(), CONTROL_READY);
});
