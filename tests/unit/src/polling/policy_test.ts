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
function waitOnce(policy: PollPolicy, time: number): void {
  if (policy.measures) policy.add(time);
  else policy.pass();
}

/** Waits for `peer` until `time` has been waited. */
function waitFor(policy: PollPolicy, peer: Peer, time: number): While {
  const result = { polled: 0, slept: 0, changes: 0 };
  while (result.polled + result.slept < time) {
    const { polling } = policy;
    const waited = polling ? peer.polled : peer.slept;
    waitOnce(policy, waited);
    result[polling ? "polled" : "slept"] += waited;
    if (policy.polling !== polling) result.changes++;
  }
  return result;
}

function settled(peer: Peer): PollPolicy {
  const policy = new PollPolicy(LIMIT_NS);
  waitFor(policy, peer, 20 * SECOND);
  return policy;
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
    const policy = settled(former);
    waitFor(policy, peer, 10 * SECOND);
    const { polled } = waitFor(policy, peer, 60 * SECOND);
    ok(polled > 0.9 * SECOND * 60, `${polled} ns with a window`);
    const { slept } = waitFor(policy, POLLING_WINS, SECOND / 10);
    ok(slept < SECOND / 20, `${slept} ns slept`);
  }
});

Deno.test("A peer that has changed has another policy, within half a second", () => {
  const policy = settled({ polled: 60_000, slept: 60_000 });
  waitFor(policy, POLLING_WINS, SECOND / 2);
  const { slept } = waitFor(policy, POLLING_WINS, SECOND / 10);
  equal(slept, 0);
});

Deno.test("Polling that makes half of the waits shorter and the others longer is no gain", () => {
  const policy = new PollPolicy(LIMIT_NS);
  let waited = 0, polled = 0;
  for (let wait = 0; waited < 60 * SECOND; wait++) {
    const { polling } = policy;
    const time = wait % 2 === 0
      ? polling ? 20_000 : 40_000
      : polling
      ? 220_000
      : 160_000;
    waitOnce(policy, time);
    waited += time;
    if (polling && waited > 10 * SECOND) polled += time;
  }
  ok(polled < 0.03 * 50 * SECOND, `${polled} ns polled of 50 s`);
});

Deno.test("One that changes all the time has no more of them than five a second", () => {
  const policy = settled(POLLING_WINS);
  let slept = 0;
  for (let turn = 0; turn < 100; turn++) {
    const pause = turn % 2 * 60_000;
    const peer = {
      polled: POLLING_WINS.polled + pause,
      slept: POLLING_WINS.slept + pause,
    };
    slept += waitFor(policy, peer, SECOND / 10).slept;
  }
  ok(slept < 0.2 * SECOND * 10, `${slept} ns slept of ten seconds`);
});

Deno.test("Waits do not count until the scheduler has moved the poller away", () => {
  const policy = new PollPolicy(LIMIT_NS);
  // To poll is no good in the first 25 ms after a change.
  const since = { polling: 0, sleeping: 0 };
  let polled = 0;
  for (let waited = 0; waited < 20 * SECOND;) {
    const { polling } = policy;
    const wait = polling
      ? since.polling < 25_000_000 ? 110_000 : POLLING_WINS.polled
      : POLLING_WINS.slept;
    since.polling = polling ? since.polling + wait : 0;
    waitOnce(policy, wait);
    waited += wait;
    if (polling && waited > 10 * SECOND) polled += wait;
  }
  ok(polled > 0.9 * 10 * SECOND, `${polled} ns polled of ten seconds`);
});

Deno.test("During a comparison all waits are measured, of those slept through otherwise every seventh", () => {
  const fresh = new PollPolicy(LIMIT_NS);
  deepEqual([fresh.polling, fresh.measures], [true, true]);
  const policy = settled(SLEEPING_WINS);
  while (policy.polling || !policy.measures) policy.pass();
  let measured = 0;
  for (let wait = 0; wait < 70; wait++) {
    if (policy.measures) measured++;
    waitOnce(policy, 8_000);
  }
  equal(measured, 10);
});

Deno.test("Polling is tried only where it has lost", () => {
  const tried = (peer: Peer): number => {
    const policy = settled(peer);
    let tries = 0;
    for (let wait = 0; wait < 1_000_000; wait++) {
      if (policy.tries) tries++;
      waitOnce(policy, policy.polling ? peer.polled : peer.slept);
    }
    return tries;
  };
  equal(tried(POLLING_WINS), 0);
  const tries = tried(SLEEPING_WINS);
  ok(tries > 0 && tries < 50_000, `${tries} tries of a million waits`);
});
