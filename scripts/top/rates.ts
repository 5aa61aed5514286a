/**
 * What has happened between two states of a helper's figures, by the second.
 *
 * @module
 */
import { type Bucket, type Figures, total } from "./figures.ts";

/** Of one kind of requests. */
export interface KindRate {
  readonly perSecond: number;
  /** How long one took, in seconds; undefined without any. */
  readonly average: number | undefined;
}

/** By the second, if nothing else is said; undefined is what the file does not say. */
export interface Rates {
  readonly requests: number;
  readonly errors: number;
  readonly kinds: ReadonlyMap<string, KindRate>;
  /** By {@linkcode failureKey}. */
  readonly failures: ReadonlyMap<string, number>;
  readonly read: number | undefined;
  readonly written: number | undefined;
  /** Which part of the time it was busy-waiting for requests: 0 to 1. */
  readonly polling: number | undefined;
  /** Which part of the time it carried out requests: 0 to 1. */
  readonly working: number | undefined;
  /** In seconds, of requests of all kinds; undefined without any. */
  readonly median: number | undefined;
  readonly p99: number | undefined;
}

/** A kind and an errno as one key. */
export function failureKey(request: string, errno: string): string {
  return JSON.stringify([request, errno]);
}

/** Whether `after` is of another start than `before`: then it counts from 0. */
export function hasRestarted(before: Figures, after: Figures): boolean {
  return before.start !== after.start ||
    [...before.requests].some(([request, count]) =>
      (after.requests.get(request) ?? 0) < count
    );
}

/**
 * What has happened in `seconds`, from `before` to `after`; without `before`,
 * since all counts were 0.
 */
export function ratesOf(
  before: Figures | undefined,
  after: Figures,
  seconds: number,
): Rates {
  const rate = (now: number, then = 0) => Math.max(0, now - then) / seconds;
  const known = (pick: (figures: Figures) => number | undefined) => {
    const now = pick(after);
    return now === undefined ? undefined : rate(now, before && pick(before));
  };
  const share = (part: number | undefined) =>
    part === undefined ? undefined : Math.min(1, part);
  const countOf = (figures: Figures) =>
    new Map(
      figures.failures.map((
        { request, errno, count },
      ) => [failureKey(request, errno), count]),
    );
  const failedBefore = before ? countOf(before) : new Map<string, number>();
  const failures = new Map(
    [...countOf(after)].map((
      [key, count],
    ) => [key, rate(count, failedBefore.get(key))]),
  );
  const buckets = after.buckets.map(({ limit, count }, i) => ({
    limit,
    count: Math.max(0, count - (before?.buckets[i]?.count ?? 0)),
  }));
  const kinds = new Map(
    [...after.requests].map(([request, count]) => {
      const now = after.durations.get(request);
      const then = before?.durations.get(request);
      const taken = (now?.sum ?? 0) - (then?.sum ?? 0);
      const timed = (now?.count ?? 0) - (then?.count ?? 0);
      return [request, {
        perSecond: rate(count, before?.requests.get(request)),
        average: timed > 0 ? Math.max(0, taken) / timed : undefined,
      }];
    }),
  );
  return {
    requests: total([...kinds.values()].map(({ perSecond }) => perSecond)),
    errors: total(failures.values()),
    kinds,
    failures,
    read: known(({ read }) => read),
    written: known(({ written }) => written),
    polling: share(known(({ polling }) => polling)),
    working: share(known(({ working }) => working)),
    median: quantile(buckets, 0.5),
    p99: quantile(buckets, 0.99),
  };
}

/** Of a helper that does nothing. */
export function noRates(figures: Figures): Rates {
  return ratesOf(figures, figures, 1);
}

/**
 * The duration that a part of all did not exceed, in seconds. Inside of a bucket
 * durations are taken to be spread evenly; what is longer than the last limit
 * counts as that limit.
 *
 * @param buckets by limit, each with those of the ones before
 */
export function quantile(
  buckets: readonly Bucket[],
  part: number,
): number | undefined {
  const all = buckets.at(-1)?.count ?? 0;
  if (all === 0) return undefined;
  const rank = part * all;
  let limit = 0, count = 0;
  for (const bucket of buckets) {
    if (bucket.limit === Infinity) break;
    if (bucket.count >= rank) {
      const inside = bucket.count - count;
      const position = inside > 0 ? (rank - count) / inside : 1;
      return limit + (bucket.limit - limit) * Math.max(0, position);
    }
    ({ limit, count } = bucket);
  }
  return limit;
}
