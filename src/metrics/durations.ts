/**
 * Counts durations in buckets: from 256 ns on, sixteen of equal width to each
 * power of two. So a quantile is told with an error of 3 % at most, whatever it
 * is, and no duration that is counted allocates anything.
 *
 * @module
 */

/** Sixteen buckets to a power of two. */
const PART_BITS = 4;
const PARTS = 1 << PART_BITS;
/** What is shorter than 2^8 ns is one bucket: no request is. */
const FIRST_BITS = 8;
/** What takes 2^37 ns, two minutes, or longer, is in the last bucket. */
const LAST_BITS = 37;
/** How many buckets there are. */
export const BUCKETS = 1 + (LAST_BITS - FIRST_BITS) * PARTS;

/** The bucket of a duration, which is below 2^31 ns. */
export function bucketOf(nanoseconds: number): number {
  const bits = 31 - Math.clz32(nanoseconds);
  return bits < FIRST_BITS
    ? 0
    : 1 + (bits - FIRST_BITS) * PARTS + (nanoseconds >> bits - PART_BITS) -
      PARTS;
}

/** The same of a duration that may be longer. */
export function bucketOfLong(nanoseconds: number): number {
  if (nanoseconds < 2 ** 31) return bucketOf(nanoseconds);
  if (nanoseconds >= 2 ** LAST_BITS) return BUCKETS - 1;
  const more = Math.floor(Math.log2(nanoseconds)) - 30;
  return bucketOf(Math.floor(nanoseconds / 2 ** more)) + more * PARTS;
}

/** The shortest duration that is not in a bucket, nor in one before it, in ns. */
export function endOf(bucket: number): number {
  const bits = FIRST_BITS + Math.floor(bucket / PARTS);
  return 2 ** bits * (1 + (bucket % PARTS) / PARTS);
}

/**
 * The duration in ns that this part of those in `counts` do not exceed; 0 of
 * none. The middle of its bucket, but not more than the longest.
 */
export function quantile(
  counts: Float64Array,
  part: number,
  longest: number,
): number {
  let left = part * counts.reduce((sum, count) => sum + count, 0);
  if (left === 0) return 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    left -= counts[bucket]!;
    if (left > 0) continue;
    const start = bucket === 0 ? 0 : endOf(bucket - 1);
    return Math.min(longest, (start + endOf(bucket)) / 2);
  }
  return longest;
}

/** Where a histogram for others ends its buckets: powers of two, which are ends of ours, from 1 µs to 8 s, in ns. */
export const HISTOGRAM_ENDS: readonly number[] = Array.from(
  { length: 24 },
  (_, i) => 2 ** (10 + i),
);

/** How many durations are shorter than each of {@linkcode HISTOGRAM_ENDS}, over all of `rows`. */
export function histogram(rows: readonly Float64Array[]): number[] {
  let bucket = 0, sum = 0;
  return HISTOGRAM_ENDS.map((end) => {
    for (; bucket < BUCKETS && endOf(bucket) <= end; bucket++) {
      for (const counts of rows) sum += counts[bucket]!;
    }
    return sum;
  });
}
