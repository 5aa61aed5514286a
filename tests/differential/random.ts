/**
 * Random numbers that come again with the same seed.
 *
 * @module
 */

/** A choice and how often it is made, in relation to the others. */
export type Weighted<T> = readonly [weight: number, value: T];

/** A stream of numbers; two with the same seed are the same stream. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number {
    // mulberry32: 32 bits of state, and good enough for choosing.
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ t >>> 15, t | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return Math.floor(((t ^ t >>> 14) >>> 0) / 2 ** 32 * limit);
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** One of `values`, each as likely. */
  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  /** One of `choices`, by weight. */
  weighted<T>(choices: readonly Weighted<T>[]): T {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, value] of choices) {
      left -= weight;
      if (left < 0) return value;
    }
    throw new RangeError("Cannot choose: there is no choice");
  }

  /** A new seed, for a stream of its own. */
  seed(): number {
    return this.below(2 ** 32);
  }
}
