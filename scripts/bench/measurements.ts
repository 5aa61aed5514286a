/**
 * The measurements of the mix and of each kind of request: how long helpers
 * take for a request, and how that compares with the last of them, the
 * reference. Times are in microseconds.
 *
 * @module
 */
import { BACK_TO_BACK, type Pause } from "./driver.ts";
import type { Helpers } from "./helpers.ts";
import { type Kind, kindIndex, KINDS } from "./mix.ts";
import type { BenchOptions, Placement } from "./options.ts";
import { type Effort, measure, type Timings } from "./rounds.ts";
import { median, quantile, ratio, type Spread, spread } from "./statistics.ts";

/** So many of one kind make a round of some milliseconds. */
const REQUESTS = 300;

/** How one helper does with the mix. */
export interface MixEntry {
  /** Mean round trip of a round. */
  readonly roundTrip: Spread;
  /** 99 of 100 single round trips are shorter. */
  readonly p99: number;
  /** The part of the round trips that were too late to count in the mean, 0 to 1. */
  readonly late: number;
  /** CPU of the helper for a request. */
  readonly cpu: number;
  readonly roundTripRatio: Spread;
  readonly cpuRatio: Spread;
}

/** The mix with one pause: an entry for each helper, the reference last. */
export interface MixResult {
  readonly placement: Placement;
  readonly pause: Pause;
  readonly entries: readonly MixEntry[];
}

/** One kind of request, back to back. */
export interface KindResult {
  readonly kind: Kind;
  /** An entry for each helper, the reference last. */
  readonly entries: readonly {
    readonly roundTrip: Spread;
    readonly ratio: Spread;
  }[];
}

/** The mix: all of it in each round, back to back and with each pause. */
export async function measureMix(
  helpers: Helpers,
  placement: Placement,
  options: BenchOptions,
): Promise<MixResult[]> {
  const targets = helpers.targets("mix");
  const { length } = targets[0]!.workload.requests;
  const pauses = options.pauses.flatMap((microseconds): Pause[] => [
    { microseconds, how: "busy" },
    { microseconds, how: "idle" },
  ]);
  const results: MixResult[] = [];
  for (const pause of [BACK_TO_BACK, ...pauses]) {
    const work = effort(options, length);
    const timings = await measure(helpers.clock, targets, pause, work);
    results.push({ placement, pause, entries: compare(timings) });
  }
  return results;
}

/** Each kind of request that was asked for. */
export async function measureKinds(
  helpers: Helpers,
  options: BenchOptions,
): Promise<KindResult[]> {
  const wanted = (name: string) =>
    options.only.length === 0 ||
    options.only.some((start) => name.startsWith(start));
  const results: KindResult[] = [];
  for (const name of helpers.kinds.filter(wanted)) {
    const targets = helpers.targets(name);
    const work = effort(options, REQUESTS);
    const timings = await measure(helpers.clock, targets, BACK_TO_BACK, work);
    results.push(...compareKinds(timings));
  }
  return results.toSorted((a, b) => kindIndex(a.kind) - kindIndex(b.kind));
}

function effort(options: BenchOptions, requests: number): Effort {
  return {
    rounds: options.rounds ?? (options.quick ? 10 : 40),
    requests: options.requests ?? requests,
    warmUp: 50,
  };
}

function compare(timings: readonly Timings[]): MixEntry[] {
  const reference = timings.at(-1)!;
  return timings.map(({ all, single, late, cpu }) => ({
    roundTrip: inMicroseconds(all),
    p99: quantile(single, 0.99) / 1000,
    late,
    cpu: median(cpu) / 1000,
    roundTripRatio: ratio(all, reference.all),
    cpuRatio: ratio(cpu, reference.cpu),
  }));
}

/** Compares each kind that was asked. */
function compareKinds(timings: readonly Timings[]): KindResult[] {
  const reference = timings.at(-1)!;
  return KINDS.flatMap((kind, at) => {
    const theirs = reference.kinds[at];
    if (theirs === undefined) return [];
    const entries = timings.map(({ kinds }) => ({
      roundTrip: inMicroseconds(kinds[at]!),
      ratio: ratio(kinds[at]!, theirs),
    }));
    return [{ kind, entries }];
  });
}

function inMicroseconds(nanoseconds: Float64Array): Spread {
  return spread(nanoseconds.map((value) => value / 1000));
}
