/**
 * Medians, quartiles and ratios of measurements.
 *
 * @module
 */

/** A median and how far apart the middle half lies. */
export interface Spread {
  readonly median: number;
  /** First and third quartile. */
  readonly low: number;
  readonly high: number;
}

/** The value below which `part` (0 to 1) of `values` lie, interpolated; NaN among them does not count. */
export function quantile(values: ArrayLike<number>, part: number): number {
  const sorted = Float64Array.from(values).filter((value) => value === value)
    .sort();
  if (sorted.length === 0) return NaN;
  const at = part * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (at - below);
}

/** The middle of `values`, NaN of none. */
export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** The median of `values` with its quartiles. */
export function spread(values: ArrayLike<number>): Spread {
  return {
    median: median(values),
    low: quantile(values, 0.25),
    high: quantile(values, 0.75),
  };
}

/**
 * The ratio of two series that were measured in turns. It is taken in each
 * round, whose two halves have seen the same machine, and then the median: what
 * disturbs a few rounds does not show.
 */
export function ratio(
  ours: ArrayLike<number>,
  theirs: ArrayLike<number>,
): Spread {
  return spread(Array.from(ours, (value, round) => value / theirs[round]!));
}

/** Numbers that look random and are the same in every run (mulberry32), each in [0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6d2b79f5 >>> 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** `items` in another order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}
