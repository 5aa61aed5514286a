/** Polling is left alone where sleeping is as good, and found again where it is not. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { PollPolicy } from "../../../../src/polling/policy.ts";

const LIMIT_NS = 200_000;
const SECOND = 1_000_000_000;

/** What a wait takes where requests are polled for, and where they are slept for. */
interface Peer {
  readonly polled: number;
  readonly slept: number;
}

/** What a while of waiting came to: ns waited in each way, and how often the way has changed. */
interface While {
  polled: number;
  slept: number;
  changes: number;
}

/** Waits once, for `time`. */
function waitOnce(contest: PollPolicy, time: number): void {
  if (contest.measures) contest.add(time);
  else contest.pass();
}

/** Waits for `peer` until `time` has been waited. */
function waitFor(contest: PollPolicy, peer: Peer, time: number): While {
  const result = { polled: 0, slept: 0, changes: 0 };
  while (result.polled + result.slept < time) {
    const { polling } = contest;
    const waited = polling ? peer.polled : peer.slept;
    waitOnce(contest, waited);
    result[polling ? "polled" : "slept"] += waited;
    if (contest.polling !== polling) result.changes++;
  }
  return result;
}

function settled(peer: Peer): PollPolicy {
  const contest = new PollPolicy(LIMIT_NS);
  waitFor(contest, peer, 20 * SECOND);
  return contest;
}

const POLLING_WINS: Peer = { polled: 8_000, slept: 12_000 };
const SLEEPING_WINS: Peer = { polled: 12_000, slept: 8_000 };

Deno.test("The way that is sooner is kept to, but for a small part of the time", () => {
  const polling = waitFor(settled(POLLING_WINS), POLLING_WINS, 60 * SECOND);
  ok(polling.slept < 0.01 * SECOND * 60, `${polling.slept} ns slept`);
  ok(polling.slept > 0, "never compared");
  const sleeping = waitFor(settled(SLEEPING_WINS), SLEEPING_WINS, 60 * SECOND);
  ok(sleeping.polled < 0.01 * SECOND * 60, `${sleeping.polled} ns polled`);
  ok(sleeping.polled > 0, "never compared");
});

Deno.test("Of two that are as good it is sleeping, which costs no CPU", () => {
  for (const polled of [8_000, 7_500]) {
    const peer = { polled, slept: 8_000 };
    const { polled: waited } = waitFor(settled(peer), peer, 60 * SECOND);
    ok(waited < 0.01 * SECOND * 60, `${waited} ns polled at ${polled}`);
  }
});

Deno.test("Of waits that are too long for any poll nothing is concluded: the window is closed then", () => {
  const peer = { polled: 300_000, slept: 300_000 };
  for (const former of [POLLING_WINS, SLEEPING_WINS]) {
    const contest = settled(former);
    waitFor(contest, peer, 10 * SECOND);
    const { polled } = waitFor(contest, peer, 60 * SECOND);
    ok(polled > 0.9 * SECOND * 60, `${polled} ns with a window`);
    const { slept } = waitFor(contest, POLLING_WINS, SECOND / 10);
    ok(slept < SECOND / 20, `${slept} ns slept`);
  }
});

Deno.test("A peer that has changed has another contest, within half a second", () => {
  const contest = settled({ polled: 60_000, slept: 60_000 });
  waitFor(contest, POLLING_WINS, SECOND / 2);
  const { slept } = waitFor(contest, POLLING_WINS, SECOND / 10);
  equal(slept, 0);
});

Deno.test("Polling that makes half of the waits shorter and the others longer is no gain", () => {
  const contest = new PollPolicy(LIMIT_NS);
  let waited = 0, polled = 0;
  for (let wait = 0; waited < 60 * SECOND; wait++) {
    const { polling } = contest;
    const time = wait % 2 === 0
      ? polling ? 20_000 : 40_000
      : polling
      ? 220_000
      : 160_000;
    waitOnce(contest, time);
    waited += time;
    if (polling && waited > 10 * SECOND) polled += time;
  }
  ok(polled < 0.03 * 50 * SECOND, `${polled} ns polled of 50 s`);
});

Deno.test("One that changes all the time has no more of them than five a second", () => {
  const contest = settled(POLLING_WINS);
  let slept = 0;
  for (let turn = 0; turn < 100; turn++) {
    const pause = turn % 2 * 60_000;
    const peer = {
      polled: POLLING_WINS.polled + pause,
      slept: POLLING_WINS.slept + pause,
    };
    slept += waitFor(contest, peer, SECOND / 10).slept;
  }
  ok(slept < 0.2 * SECOND * 10, `${slept} ns slept of ten seconds`);
});

Deno.test("Waits do not count until the scheduler has moved the poller away", () => {
  const contest = new PollPolicy(LIMIT_NS);
  // To poll is no good in the first 25 ms after a change.
  const since = { polling: 0, sleeping: 0 };
  let polled = 0;
  for (let waited = 0; waited < 20 * SECOND;) {
    const { polling } = contest;
    const wait = polling
      ? since.polling < 25_000_000 ? 110_000 : POLLING_WINS.polled
      : POLLING_WINS.slept;
    since.polling = polling ? since.polling + wait : 0;
    waitOnce(contest, wait);
    waited += wait;
    if (polling && waited > 10 * SECOND) polled += wait;
  }
  ok(polled > 0.9 * 10 * SECOND, `${polled} ns polled of ten seconds`);
});

Deno.test("Where a contest is on all waits are measured, of those slept through otherwise every seventh", () => {
  const fresh = new PollPolicy(LIMIT_NS);
  deepEqual([fresh.polling, fresh.measures], [true, true]);
  const contest = settled(SLEEPING_WINS);
  while (contest.polling || !contest.measures) contest.pass();
  let measured = 0;
  for (let wait = 0; wait < 70; wait++) {
    if (contest.measures) measured++;
    waitOnce(contest, 8_000);
  }
  equal(measured, 10);
});

Deno.test("Polling is tried only where it has lost", () => {
  const tried = (peer: Peer): number => {
    const contest = settled(peer);
    let tries = 0;
    for (let wait = 0; wait < 1_000_000; wait++) {
      if (contest.tries) tries++;
      waitOnce(contest, contest.polling ? peer.polled : peer.slept);
    }
    return tries;
  };
  equal(tried(POLLING_WINS), 0);
  const tries = tried(SLEEPING_WINS);
  ok(tries > 0 && tries < 50_000, `${tries} tries of a million waits`);
});
