/**
 * Measurements as they are shown and stored. Times are in microseconds.
 *
 * @module
 */
import type { ClientCost } from "./client_cost.ts";
import { type Kind, KINDS, WEIGHTS } from "./mix.ts";
import type { Pause } from "./player.ts";
import type { Memory, Rest } from "./resting.ts";
import type { Timings } from "./rounds.ts";
import type { StartResult } from "./start.ts";
import {
  median,
  quantile,
  ratio,
  type Spread,
  spread,
  weightedMean,
} from "./statistics.ts";

/** Where and with what was measured. */
export interface About {
  readonly version: string;
  readonly deno: string;
  readonly date: string;
  readonly machine: string;
  readonly kernel: string;
  /** Load averages at the beginning, of 1, 5 and 15 minutes. */
  readonly load: readonly number[];
}

/** All that one run has measured; entries stand in the order of the helpers, the reference last. */
export interface Results {
  readonly about: About;
  client?: ClientCost;
  start?: readonly StartResult[];
  mix?: readonly MixResult[];
  kinds?: readonly KindResult[];
  memory?: readonly Memory[];
  rest?: readonly Rest[];
  /** The ratio of the helpers' CPU in a guest's `git add`. */
  guest?: number;
  figures?: readonly Figure[];
}

/** What a helper needed, and how that compares with the last of them, the reference. */
export interface Entry {
  /** Mean round trip of a round. */
  readonly roundTrip: Spread;
  /** Quantiles of single round trips. */
  readonly p50: number;
  readonly p99: number;
  /** The part that took so long that it is not in the mean, 0 to 1. */
  readonly late: number;
  /** CPU of the helper for a request. */
  readonly cpu: number;
  /** The part of it in user mode, 0 to 1; NaN (null in JSON) where no tick fell. */
  readonly userPart: number;
  readonly roundTripRatio: Spread;
  readonly cpuRatio: Spread;
}

/** The mix with one pause: an entry for each helper, the reference last. */
export interface MixResult {
  readonly pause: Pause;
  readonly entries: readonly Entry[];
}

/** One kind of request, back to back. */
export interface KindResult {
  readonly kind: Kind;
  /** An entry for each helper, the reference last. */
  readonly entries: readonly {
    readonly roundTrip: Spread;
    readonly ratio: Spread;
    /** Of the whole program: with what undoes the request. */
    readonly cpuRatio: Spread;
  }[];
}

/** Compares whole programs. */
export function compare(timings: readonly Timings[]): Entry[] {
  const reference = timings.at(-1)!;
  return timings.map(({ all, single, late, cpu, userPart }) => ({
    roundTrip: inMicroseconds(spread(all)),
    p50: quantile(single, 0.5) / 1000,
    p99: quantile(single, 0.99) / 1000,
    late,
    cpu: median(cpu) / 1000,
    userPart,
    roundTripRatio: ratio(all, reference.all),
    cpuRatio: ratio(cpu, reference.cpu),
  }));
}

/** Compares each kind that was asked. */
export function compareKinds(timings: readonly Timings[]): KindResult[] {
  const reference = timings.at(-1)!;
  return KINDS.flatMap((kind, at) => {
    const theirs = reference.kinds[at];
    if (theirs === undefined) return [];
    const entries = timings.map(({ kinds, cpu }) => ({
      roundTrip: inMicroseconds(spread(kinds[at]!)),
      ratio: ratio(kinds[at]!, theirs),
      cpuRatio: ratio(cpu, reference.cpu),
    }));
    return [{ kind, entries }];
  });
}

/**
 * The mix as it comes out of the kinds that were measured one by one: for each
 * helper the mean of the medians, weighted. Undefined where a kind of the mix
 * was not measured.
 */
export function weighted(
  results: readonly KindResult[],
): number[] | undefined {
  const found = KINDS.map((kind) =>
    results.find((result) => result.kind === kind)
  );
  if (found.some((result, at) => WEIGHTS[at]! > 0 && result === undefined)) {
    return undefined;
  }
  return results[0]!.entries.map((_, helper) =>
    weightedMean(
      found.map((result) => result?.entries[helper]?.roundTrip.median ?? NaN),
      WEIGHTS,
    )
  );
}

function inMicroseconds({ median, low, high }: Spread): Spread {
  return { median: median / 1000, low: low / 1000, high: high / 1000 };
}

/** One figure. */
export interface Figure {
  readonly what: string;
  readonly limit: number;
  /** Undefined where it was not measured. */
  readonly value: number | undefined;
  readonly unit: "×" | "MB" | "s" | "ms";
  /** What the value belongs to, where that is not said. */
  readonly note?: string;
}
