/** What happens by the second, from one state of a file to the next. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type Figures, readFigures } from "../../scripts/top/figures.ts";
import { failureKey, quantile, ratesOf } from "../../scripts/top/rates.ts";
import { Track } from "../../scripts/top/track.ts";
import { line, sample } from "./figures.ts";

/** An arbitrary time, in ms since 1970. */
const T = 1_795_700_000_000;

const figures = (text: string): Figures => readFigures(text)!;

/** As {@linkcode sample} has them, in sum. */
const REQUESTS = 1_530_791, ERRORS = 30_226;

/** That a figure is this one but for rounding. */
function near(value: number | undefined, expected: number): void {
  ok(
    value !== undefined && Math.abs(value - expected) <= expected * 1e-9,
    `${value} is not ${expected}`,
  );
}

Deno.test("Rates are the difference by the time that has passed", () => {
  const rates = ratesOf(figures(sample()), figures(sample({ factor: 3 })), 2);
  near(rates.requests, REQUESTS);
  near(rates.errors, ERRORS);
  near(rates.kinds.get("READ")?.perSecond, 910_233);
  equal(rates.kinds.get("SETATTR")?.perSecond, 0);
  equal(rates.kinds.get("SETATTR")?.average, undefined);
  near(rates.kinds.get("READ")?.average, 14.0211 / 910_233);
  near(rates.failures.get(failureKey("WRITE", "ENOSPC")), 12);
  near(rates.read, 7_457_820_672);
  near(rates.written, 410_419_200);
  // More than all of the time it can't be.
  equal(rates.polling, 1);
});

Deno.test("What a file does not say is not known, and no 0", () => {
  const without = figures(
    sample().replaceAll(/^virtfs_(read|written|polling|duration).*\n/gm, ""),
  );
  const { read, written, polling, working, median, p99 } = ratesOf(
    without,
    without,
    1,
  );
  deepEqual(
    [read, written, polling, working, median, p99],
    Array(6).fill(undefined),
  );
});

Deno.test("A quantile is found inside of its bucket", () => {
  const buckets = [
    { limit: 1, count: 10 },
    { limit: 2, count: 10 },
    { limit: 4, count: 30 },
    { limit: Infinity, count: 40 },
  ];
  deepEqual([0.1, 0.25, 0.5, 0.75].map((part) => quantile(buckets, part)), [
    0.4,
    1,
    3,
    4,
  ]);
  // All that is known of it is that it is longer.
  equal(quantile(buckets, 0.99), 4);
  equal(quantile([{ limit: 1, count: 0 }], 0.5), undefined);
  equal(quantile([], 0.5), undefined);
});

Deno.test("As long as a file was written once, its rates are not known, and then 0", () => {
  const track = new Track(figures(sample()), T);
  equal(track.rates(T + 1_000), undefined);
  equal(track.rates(T + 8_000), undefined);
  equal(track.rates(T + 9_000)?.requests, 0);
  // A helper that writes once a minute takes longer to be without requests.
  const seldom = sample({ lines: line("virtfs_metrics_interval_seconds", 60) });
  const slow = new Track(figures(seldom), T);
  equal(slow.rates(T + 80_000), undefined);
  equal(slow.rates(T + 92_000)?.requests, 0);
});

Deno.test("Rates hold until the file is due again, and are 0 when it is not written", () => {
  const track = new Track(figures(sample()), T);
  track.update(figures(sample({ factor: 2 })), T + 5_000);
  near(track.rates(T + 5_000)?.requests, REQUESTS / 5);
  near(track.rates(T + 13_000)?.requests, REQUESTS / 5);
  equal(track.rates(T + 14_000)?.requests, 0);
  equal(track.rates(T + 14_000)?.polling, 0);
  equal(track.rates(T + 14_000)?.p99, undefined);
});

Deno.test("What comes after a pause is not spread over the pause", () => {
  const track = new Track(figures(sample()), T);
  track.update(figures(sample({ factor: 2 })), T + 3_600_000);
  near(track.rates(T + 3_600_000)?.requests, REQUESTS / 6);
});

Deno.test("A helper that was started again counts from 0, and no rate is below it", () => {
  const again = 1_795_699_999;
  for (
    const text of [
      sample({ factor: 0.5, start: again }),
      // With less than before, though it has the same time.
      sample({ factor: 0.5 }),
      // With more than before already.
      sample({ factor: 2, start: again }),
    ]
  ) {
    const now = figures(text);
    const track = new Track(figures(sample()), T - 3_000);
    track.update(now, T);
    // In a second, or since the last time.
    const seconds = now.start === again ? 1 : 3;
    const all = [...now.requests.values()].reduce((a, b) => a + b);
    near(track.rates(T)?.requests, all / seconds);
    near(track.rates(T)?.read, now.read! / seconds);
  }
});

Deno.test("A clock that is set back makes no rate that is below 0, nor one without end", () => {
  const track = new Track(figures(sample()), T);
  track.update(figures(sample({ factor: 2 })), T - 3_600_000);
  near(track.rates(T - 3_600_000)?.requests, REQUESTS / 5);
});

Deno.test("What was written before a clock was set back is old", () => {
  const track = new Track(figures(sample()), T);
  track.update(figures(sample({ factor: 2 })), T + 5_000);
  near(track.rates(T + 4_000)?.requests, REQUESTS / 5);
  equal(track.rates(T - 3_600_000)?.requests, 0);
});

Deno.test("A helper that has ended makes no requests", () => {
  const track = new Track(figures(sample()), T);
  const last = sample({ factor: 2, lines: line("virtfs_serving", 0) });
  track.update(figures(last), T + 1_000);
  equal(track.rates(T + 1_000)?.requests, 0);
});
