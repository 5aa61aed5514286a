/**
 * Waits for the next request: polls for as long as that pays, then sleeps.
 *
 * @module
 */
import type { Stopwatch } from "../../ffi/clock.ts";
import { EAGAIN } from "../../ffi/errno.ts";
import type { Channel } from "../proxy/channel.ts";
import { Contest } from "./policy.ts";
import { PollWindow } from "./window.ts";

/** Receives, by what has paid so far. */
export class Arrival {
  readonly #channel: Channel;
  readonly #stopwatch: Stopwatch;
  readonly #window: PollWindow;
  readonly #contest: Contest;
  readonly #max: number;
  /** Whether the stopwatch runs for the wait that is next. */
  #measured = false;

  /** @param max how long to poll for a request at most, in ns; 0 never polls */
  constructor(channel: Channel, stopwatch: Stopwatch, max: number) {
    this.#channel = channel;
    this.#stopwatch = stopwatch;
    this.#window = new PollWindow(max);
    this.#contest = new Contest(2 * max);
    this.#max = max;
  }

  /** An answer is about to be sent: to wake the peer is a part of waiting for it. */
  answering(): void {
    if (this.#max === 0 || !this.#contest.measures) return;
    this.#stopwatch.start();
    this.#measured = true;
  }

  /** Receives more, see {@linkcode Channel.receive}: -EAGAIN where there was nothing for a while. */
  receive(): number {
    const channel = this.#channel;
    // Of a frame that has come in part the rest is on its way.
    if (this.#max === 0 || channel.waiting > 0) return channel.receive();
    return this.#contest.polling ? this.#poll() : this.#sleep();
  }

  #poll(): number {
    const channel = this.#channel, stopwatch = this.#stopwatch;
    const window = this.#window, contest = this.#contest;
    // There was no answer before: it is the first wait, or one after a long one.
    if (!this.#measured) return this.#sleep();
    const length = contest.tries ? this.#max : window.length;
    while (stopwatch.elapsed() < length) {
      const got = channel.receiveNow();
      if (got !== -EAGAIN) {
        this.#measured = false;
        window.caught();
        contest.add(stopwatch.elapsed());
        return got;
      }
    }
    return this.#sleep();
  }

  #sleep(): number {
    const measured = this.#measured;
    this.#measured = false;
    const got = this.#channel.receive();
    if (got === -EAGAIN) this.#window.idle();
    else if (measured) this.#slept(this.#stopwatch.elapsed());
    else this.#contest.pass();
    return got;
  }

  #slept(waited: number): void {
    const contest = this.#contest;
    if (contest.polling && !contest.tries) this.#window.slept(waited);
    contest.add(waited);
  }
}
