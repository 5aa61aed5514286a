/**
 * Time and CPU time in nanoseconds. No call allocates.
 *
 * @module
 */
import { CLOCK_MONOTONIC } from "../../ffi/constants.ts";
import type { Libc } from "../../ffi/libc.ts";
import { allocate } from "../../ffi/memory.ts";
import type { LOAD_SYMBOLS } from "./symbols.ts";

const TIMER_ABSTIME = 1;
const PR_SET_TIMERSLACK = 29;
/** `struct timespec` as 32-bit words: i64 seconds, i64 nanoseconds. */
const SECONDS = 0, NANOSECONDS = 2;
const BILLION = 1e9;
/** clock_getcpuclockid(3): what the scheduler has counted, with threads that have ended. */
const CPUCLOCK_SCHED = 2;

/** Reads clocks and waits. */
export class Clock {
  readonly #libc: Libc<typeof LOAD_SYMBOLS>;
  readonly #time;

  constructor(libc: Libc<typeof LOAD_SYMBOLS>) {
    this.#libc = libc;
    this.#time = allocate(libc, 16);
    // With the default, a sleep may end 50 µs late, and would be measured so.
    libc.symbols.prctl(PR_SET_TIMERSLACK, 1n, 0n, 0n, 0n);
  }

  /** Nanoseconds since some time in the past; a double counts them exactly for 104 days. */
  now(): number {
    return this.#read(CLOCK_MONOTONIC);
  }

  /** Keeps this CPU busy until `time`. */
  spinUntil(time: number): void {
    while (this.now() < time);
  }

  /** Leaves this CPU alone until `time`. */
  sleepUntil(time: number): void {
    const { words, pointer } = this.#time;
    words[SECONDS] = Math.floor(time / BILLION);
    words[NANOSECONDS] = time % BILLION;
    this.#libc.symbols.clock_nanosleep(
      CLOCK_MONOTONIC,
      TIMER_ABSTIME,
      pointer,
      null,
    );
  }

  /** CPU nanoseconds that all threads of `pid` have used. */
  cpu(pid: number): number {
    return this.#read(~pid << 3 | CPUCLOCK_SCHED);
  }

  #read(clock: number): number {
    const { words, pointer } = this.#time;
    if (this.#libc.symbols.clock_gettime(clock, pointer) !== 0) {
      throw new Error(`Cannot read clock ${clock}: has the process ended?`);
    }
    return words[SECONDS]! * BILLION + words[NANOSECONDS]!;
  }
}
