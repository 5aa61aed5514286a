/**
 * Asks a helper the requests of a workload, at a pace, and keeps every round
 * trip.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { LoadClient } from "./load.ts";
import { UNCOUNTED, type Workload } from "./workloads.ts";

/** A helper that runs, and what it is asked. */
export interface Target {
  readonly client: LoadClient;
  readonly pid: number;
  readonly workload: Workload;
}

/** The time between an answer and the next request. */
export interface Pause {
  /** In microseconds; 0 is back to back. */
  readonly microseconds: number;
  /**
   * `busy`: this CPU computes, as a vCPU does between two requests of a guest
   * that works. `idle`: this thread sleeps.
   */
  readonly how: "busy" | "idle";
}

export const BACK_TO_BACK: Pause = { microseconds: 0, how: "busy" };

/** Counted round trips, in their order; used again by the next call. */
export interface Samples {
  count: number;
  /** Of each: nanoseconds. */
  readonly took: Float64Array<ArrayBuffer>;
  /** Of each: its place in KINDS. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** CPU nanoseconds of the helper for all requests, counted or not. */
  cpu: number;
}

/** Asks one helper the requests of a workload, going on where it stopped. */
export class Driver {
  readonly #clock: Clock;
  readonly #target: Target;
  readonly #pause: Pause;
  #at = 0;
  #samples = samples(0);

  constructor(clock: Clock, target: Target, pause: Pause) {
    this.#clock = clock;
    this.#target = target;
    this.#pause = pause;
  }

  /** Makes `count` requests. */
  run(count: number): Samples {
    if (this.#samples.took.length < count) this.#samples = samples(count);
    this.#samples.count = 0;
    const { pid } = this.#target;
    const before = this.#clock.cpu(pid);
    this.#ask(count);
    this.#samples.cpu = this.#clock.cpu(pid) - before;
    return this.#samples;
  }

  /** Makes the requests that are left of the workload: only then the files are as they were. */
  finish(): void {
    const { length } = this.#target.workload.requests;
    if (this.#at > 0) this.run(length - this.#at);
  }

  #ask(count: number): void {
    const clock = this.#clock, samples = this.#samples;
    const { client, workload } = this.#target;
    const { requests, kinds } = workload;
    const pause = this.#pause.microseconds * 1000;
    const busy = this.#pause.how === "busy";
    let at = this.#at;
    for (let n = 0; n < count; n++) {
      const start = clock.now();
      client.ask(requests[at]!);
      const end = clock.now();
      client.settle();
      const kind = kinds[at]!;
      if (kind !== UNCOUNTED) {
        samples.took[samples.count] = end - start;
        samples.kinds[samples.count++] = kind;
      }
      at = at + 1 === requests.length ? 0 : at + 1;
      if (pause === 0) continue;
      if (busy) clock.spinUntil(end + pause);
      else clock.sleepUntil(end + pause);
    }
    this.#at = at;
  }
}

function samples(capacity: number): Samples {
  return {
    count: 0,
    took: new Float64Array(capacity),
    kinds: new Uint8Array(capacity),
    cpu: 0,
  };
}
