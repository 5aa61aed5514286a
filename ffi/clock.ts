/**
 * How long something takes.
 *
 * @module
 */
import { CLOCK_MONOTONIC } from "./constants.ts";
import type { Libc } from "./libc.ts";
import { allocate } from "./memory.ts";
import type { WAITING_SYMBOLS } from "./symbols/waiting.ts";

/** More than a second is not told: that fits into 31 bits, above which V8 allocates memory for a number. */
const MOST_NS = 1_000_000_000;

/**
 * Measures time without a system call (vdso(7)) and without allocating:
 * `performance.now()` takes three times as long, and allocates a number.
 */
export class Stopwatch {
  readonly #libc: Libc<typeof WAITING_SYMBOLS>;
  readonly #clock: number;
  /** `struct timespec` of two 64-bit fields; of each the lower half is enough. */
  readonly #now: ReturnType<typeof allocate>;
  #seconds = 0;
  #nanoseconds = 0;
  /** What the last {@linkcode lap} took: whole seconds, and the rest. */
  seconds = 0;
  nanoseconds = 0;

  /** @param clock CLOCK_MONOTONIC_COARSE goes on by some milliseconds at a time, and is read in a quarter of the time */
  constructor(libc: Libc<typeof WAITING_SYMBOLS>, clock = CLOCK_MONOTONIC) {
    this.#libc = libc;
    this.#clock = clock;
    this.#now = allocate(libc, 16);
  }

  /** Measures from now on. */
  start(): void {
    this.#read();
    this.#seconds = this.#now.words[0]! | 0;
    this.#nanoseconds = this.#now.words[2]! | 0;
  }

  /** Nanoseconds since {@linkcode start}, a second at most. */
  elapsed(): number {
    this.#read();
    const seconds = (this.#now.words[0]! | 0) - this.#seconds | 0;
    const nanoseconds = (this.#now.words[2]! | 0) - this.#nanoseconds;
    if (seconds === 0) return nanoseconds;
    return seconds === 1 && nanoseconds < 0 ? MOST_NS + nanoseconds : MOST_NS;
  }

  /**
   * Measures from now on, and returns what {@linkcode elapsed} would, with one
   * look at the clock. {@linkcode seconds} and {@linkcode nanoseconds} tell it
   * however long it was.
   */
  lap(): number {
    const seconds = this.#seconds, nanoseconds = this.#nanoseconds;
    this.start();
    this.seconds = this.#seconds - seconds | 0;
    this.nanoseconds = this.#nanoseconds - nanoseconds;
    if (this.nanoseconds < 0) {
      this.seconds--;
      this.nanoseconds += MOST_NS;
    }
    return this.seconds === 0 ? this.nanoseconds : MOST_NS;
  }

  #read(): void {
    this.#libc.symbols.clock_gettime(this.#clock, this.#now.pointer);
  }
}
