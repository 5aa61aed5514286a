/** When to poll, as seen from a source of requests. */
import { equal } from "node:assert/strict";
import type { Stopwatch } from "../../../../ffi/clock.ts";
import { EAGAIN } from "../../../../ffi/errno.ts";
import { Receiver, type Source } from "../../../../src/polling/receiver.ts";

const MAX = 100_000;

/** A receiver, and a source that says how often it was polled; a request comes as late as it is told, or is there at once. */
function makeReceiver() {
  let now = 0, started = 0;
  const stopwatch = {
    start: () => {
      started = now;
    },
    // To look at the clock takes a microsecond.
    elapsed: () => (now += 1000) - started,
    lap: () => {
      const elapsed = (now += 1000) - started;
      started = now;
      return elapsed;
    },
  } as unknown as Stopwatch;
  const source = {
    waiting: 0,
    comesAt: 0,
    polls: 0,
    receiveNow() {
      this.polls++;
      return now >= this.comesAt ? 1 : -EAGAIN;
    },
    receive() {
      now = Math.max(now, this.comesAt);
      return 1;
    },
  };
  const receiver = new Receiver(source satisfies Source, stopwatch, MAX, {
    timesAll: true,
    add() {},
    time() {},
    addPolled() {},
  });
  /** Answers, waits for a request that comes after `delay`, and returns how often it was polled for. */
  return (delay: number) => {
    source.polls = 0;
    receiver.answering();
    source.comesAt = now + delay;
    equal(receiver.receive(), 1);
    return source.polls;
  };
}

Deno.test("who has had to sleep for microseconds polls next time", () => {
  const polls = makeReceiver();
  equal(polls(20_000), 0);
  equal(polls(20_000) > 10, true);
});

Deno.test("after milliseconds in which nothing came the first request is slept for", () => {
  const polls = makeReceiver();
  polls(20_000);
  equal(polls(5_000_000) > 10, true);
  equal(polls(20_000), 0);
  equal(polls(20_000) > 10, true);
});
