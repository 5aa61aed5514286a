/**
 * Waits for the next request: polls for as long as that pays, then sleeps.
 *
 * @module
 */
import type { Stopwatch } from "../../ffi/clock.ts";
import { EAGAIN } from "../../ffi/errno.ts";
import { PollPolicy } from "./policy.ts";
import { PollWindow } from "./window.ts";

/** Where requests come from. Results are counts, or negative errnos. */
export interface Source {
  /** Bytes received and not consumed. */
  readonly waiting: number;
  /** Receives more, and waits for it for a while: -EAGAIN where there was nothing. */
  receive(): number;
  /** The same without waiting. */
  receiveNow(): number;
}

/** Counts requests that are answered. */
export interface RequestCounter {
  /** Whether requests are to be timed. */
  readonly timesAll: boolean;
  /** A request is done, and has taken as long as `stopwatch` says; before {@linkcode RequestCounter.add}. */
  time(stopwatch: Stopwatch): void;
  /** It is done. */
  add(): void;
  /** A request was busy-waited for, so many ns. */
  addPolled(nanoseconds: number): void;
}

/** A wait that is longer tells nothing of how to wait: the guest has had nothing to ask. */
const IDLE_NS = 2_000_000;

/**
 * Receives in the way that has brought requests sooner so far. One stopwatch
 * measures both how long requests are waited for and how long they take: the
 * end of the one is the beginning of the other, so that the clock is looked at
 * once for both.
 */
export class Receiver {
  readonly #channel: Source;
  readonly #stopwatch: Stopwatch;
  readonly #figures: RequestCounter;
  readonly #window: PollWindow;
  readonly #policy: PollPolicy;
  readonly #max: number;
  /** Whether the wait that is next counts for the policy. */
  #measured = false;
  /** Whether requests are timed: that takes looks at the clock which waiting does not need. */
  readonly #times: boolean;

  /** @param max how long to poll for a request at most, in ns; 0 never polls */
  constructor(
    channel: Source,
    stopwatch: Stopwatch,
    max: number,
    figures: RequestCounter,
  ) {
    this.#channel = channel;
    this.#stopwatch = stopwatch;
    this.#figures = figures;
    this.#times = figures.timesAll;
    this.#window = new PollWindow(max);
    this.#policy = new PollPolicy(2 * max);
    this.#max = max;
  }

  /** A request is taken. To be called for one that was received before, with others. */
  taking(): void {
    if (this.#times) this.#stopwatch.start();
  }

  /** An answer is about to be sent: the request is over. The wait is measured from here on, as how long it takes to wake the peer depends on how we wait. */
  answering(): void {
    const measured = this.#max > 0 && this.#policy.measures;
    this.#measured = measured;
    if (this.#times) {
      this.#stopwatch.lap();
      this.#figures.time(this.#stopwatch);
    } else if (measured) this.#stopwatch.start();
    this.#figures.add();
  }

  /** Receives more, see {@linkcode Source.receive}: -EAGAIN where there was nothing for a while. */
  receive(): number {
    const channel = this.#channel;
    // Of a frame that has come in part the rest is on its way.
    if (this.#max === 0 || channel.waiting > 0) {
      const got = channel.receive();
      this.taking();
      return got;
    }
    return this.#policy.polling ? this.#poll() : this.#sleep();
  }

  #poll(): number {
    const channel = this.#channel, stopwatch = this.#stopwatch;
    const window = this.#window, policy = this.#policy;
    // No answer was sent since the last wait: this is the first one, or that one went on for long.
    if (!this.#measured) return this.#sleep();
    const length = policy.tries ? this.#max : window.length;
    const began = stopwatch.elapsed();
    let now = began;
    while (now < length) {
      const got = channel.receiveNow();
      if (got !== -EAGAIN) {
        this.#measured = false;
        const waited = this.#times ? stopwatch.lap() : stopwatch.elapsed();
        this.#figures.addPolled(waited - began);
        window.caught();
        policy.add(waited);
        return got;
      }
      now = stopwatch.elapsed();
    }
    this.#figures.addPolled(now - began);
    return this.#sleep();
  }

  #sleep(): number {
    const measured = this.#measured;
    this.#measured = false;
    const got = this.#channel.receive();
    if (got === -EAGAIN) this.#window.idle();
    else {
      if (measured) this.#slept(this.#stopwatch.elapsed());
      else this.#policy.pass();
      this.taking();
    }
    return got;
  }

  #slept(waited: number): void {
    if (waited > IDLE_NS) {
      this.#window.idle();
      return;
    }
    const policy = this.#policy;
    if (policy.polling && !policy.tries) this.#window.slept(waited);
    policy.add(waited);
  }
}
