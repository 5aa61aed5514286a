/**
 * What differs between two runs and must not count: the time of day, and the
 * numbers that the file system gives to inodes.
 *
 * @module
 */

/** Room for the kernel's coarse clock, which lags behind. */
const SLACK = 2_000_000_000n;

/** Tells times that were set from times that just happened. */
export class Clock {
  readonly #start = now();

  /** The time, or "now" if it lies between the clock's making and this moment. */
  show(nanoseconds: bigint): string {
    return nanoseconds >= this.#start - SLACK && nanoseconds <= now() + SLACK
      ? "now"
      : String(nanoseconds);
  }
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** Which number of ours stands for which of the original's, both ways. */
export class Pairs {
  readonly #originals = new Map<bigint, bigint>();
  readonly #ours = new Map<bigint, bigint>();

  /** Whether the two can be the same thing, given all that were paired before. */
  match(ours: bigint, original: bigint): boolean {
    const known = this.#originals.get(ours);
    const back = this.#ours.get(original);
    this.#originals.set(ours, original);
    this.#ours.set(original, ours);
    return (known ?? original) === original && (back ?? ours) === ours;
  }

  /** Numbers may be given anew from here on. */
  forget(): void {
    this.#originals.clear();
    this.#ours.clear();
  }
}
