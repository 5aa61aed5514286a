/**
 * Asks a helper what a program says, at a pace, and keeps every round trip.
 *
 * @module
 */
import type { Clock } from "./clock.ts";
import type { LoadClient } from "./load.ts";
import { type Program, UNCOUNTED } from "./programs.ts";

/** A helper that runs, and what it is asked: about files of its own, as the other one's must not be in the way. */
export interface Contestant {
  readonly client: LoadClient;
  readonly pid: number;
  readonly program: Program;
}

/** What passes between an answer and the next request. */
export interface Pause {
  /** In microseconds; 0 is back to back. */
  readonly microseconds: number;
  /**
   * `busy`: this CPU computes, as a vCPU does between two requests of a guest
   * that works. `idle`: this thread sleeps.
   */
  readonly how: "busy" | "idle";
}

/** No pause. */
export const BACK_TO_BACK: Pause = { microseconds: 0, how: "busy" };

/** Counted round trips, in their order; used again by the next call. */
export interface Played {
  count: number;
  /** Of each: nanoseconds. */
  readonly took: Float64Array<ArrayBuffer>;
  /** Of each: its place in KINDS. */
  readonly kinds: Uint8Array<ArrayBuffer>;
  /** CPU nanoseconds of the helper for all of them, and for what was not counted. */
  cpu: number;
}

/** Plays a program on one helper, going on where it stopped. */
export class Player {
  readonly #clock: Clock;
  readonly #contestant: Contestant;
  readonly #pause: Pause;
  #at = 0;
  #played = played(0);

  constructor(clock: Clock, contestant: Contestant, pause: Pause) {
    this.#clock = clock;
    this.#contestant = contestant;
    this.#pause = pause;
  }

  /** Makes `count` requests. */
  play(count: number): Played {
    if (this.#played.took.length < count) this.#played = played(count);
    this.#played.count = 0;
    const { pid } = this.#contestant;
    const before = this.#clock.cpu(pid);
    this.#ask(count);
    this.#played.cpu = this.#clock.cpu(pid) - before;
    return this.#played;
  }

  /** Makes what is left of the program: only then the tree is as it was. */
  finish(): void {
    const { length } = this.#contestant.program.requests;
    if (this.#at > 0) this.play(length - this.#at);
  }

  #ask(count: number): void {
    const clock = this.#clock, played = this.#played;
    const { client, program } = this.#contestant;
    const { requests, kinds } = program;
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
        played.took[played.count] = end - start;
        played.kinds[played.count++] = kind;
      }
      at = at + 1 === requests.length ? 0 : at + 1;
      if (pause === 0) continue;
      if (busy) clock.spinUntil(end + pause);
      else clock.sleepUntil(end + pause);
    }
    this.#at = at;
  }
}

function played(capacity: number): Played {
  return {
    count: 0,
    took: new Float64Array(capacity),
    kinds: new Uint8Array(capacity),
    cpu: 0,
  };
}
