/** How long the loop polls, as a matter of numbers. */
import { equal, ok } from "node:assert/strict";
import { pollLimit, PollWindow } from "../../../../src/polling/window.ts";

const MAX = 100_000;

Deno.test("A window opens where requests come soon, and is no longer than it may be", () => {
  const window = new PollWindow(MAX);
  equal(window.length, 0);
  window.slept(10_000);
  equal(window.length, 20_000);
  for (let i = 0; i < 3; i++) window.slept(90_000);
  equal(window.length, MAX);
});

Deno.test("A window shrinks where requests come late, and closes at once for a guest that rests", () => {
  const window = new PollWindow(MAX);
  window.slept(50_000);
  equal(window.length, MAX);
  window.caught();
  window.slept(2 * MAX);
  equal(window.length, MAX / 2);
  window.idle();
  equal(window.length, 0);
  window.slept(2 * MAX);
  equal(window.length, 0);
});

Deno.test("A window that never catches anything is left alone for longer and longer", () => {
  const window = new PollWindow(MAX);
  const rests: number[] = [];
  let slept = 0;
  for (let wait = 0; wait < 5000; wait++) {
    if (window.length === 0) slept++;
    else if (slept > 1) {
      rests.push(slept);
      slept = 0;
    }
    window.slept(50_000);
  }
  ok(rests.length >= 4, String(rests));
  ok(rests.at(-1)! > 8 * rests[0]!, String(rests));
});

Deno.test("Nobody polls on a machine with one processor, nor where it is switched off", () => {
  equal(pollLimit(undefined, 1), 0);
  equal(pollLimit(500, 1), 0);
  equal(pollLimit(0, 8), 0);
  equal(pollLimit(50, 2), 50_000);
});
