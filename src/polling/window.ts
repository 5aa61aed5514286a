/**
 * How long to poll for the next request before going to sleep for it.
 *
 * To be woken takes longer than most requests do: another processor has to be
 * interrupted, leave its idle state and schedule. Polling gets the request at
 * once, but keeps a processor busy. As with KVM's halt polling, how long to
 * poll follows from what polling has brought so far.
 *
 * @module
 */

/** A shorter poll brings nothing that sleeping would not: ns. */
const SHORTEST_NS = 4_000;

/** After so many polls in vain, one after the other, none is tried for a while. */
const TRIES = 4;
/** For so many waits, and for twice as many each time that nothing came of polling since. */
const FIRST_REST = 16;
const LONGEST_REST = 1024;

/** Grows while polling pays, shrinks while it does not. Times are in ns. */
export class PollWindow {
  /** How long to poll in the next wait; 0 is not at all. */
  length = 0;

  readonly #max: number;
  /** Polls in vain since the last success. */
  #failures = 0;
  /** Waits that are still to be slept through, whatever they show. */
  #rest = 0;

  /** @param max the longest that `length` gets; 0 for a machine or a user that wants no polling */
  constructor(max: number) {
    this.#max = max;
  }

  /** A request came while it was polled for. */
  caught(): void {
    this.#failures = 0;
    this.#rest = 0;
  }

  /** A request came after `waited` ns in all, and had to be slept for in the end. */
  slept(waited: number): void {
    if (this.length > 0) this.#failed();
    if (this.#rest > 0) {
      this.#rest--;
      return;
    }
    this.length = waited > this.#max
      ? shortened(this.length)
      : Math.min(this.#max, Math.max(2 * waited, SHORTEST_NS));
  }

  /** No request came for so long that the guest has nothing to do. */
  idle(): void {
    this.length = 0;
  }

  /**
   * Where there are fewer processors than busy threads the peer may not run
   * while we poll: the request comes after the poll, however long that is, so
   * that a longer one is no help.
   */
  #failed(): void {
    if (++this.#failures < TRIES) return;
    const rests = this.#failures - TRIES;
    this.#rest = Math.min(LONGEST_REST, FIRST_REST * 2 ** rests);
    this.length = 0;
  }
}

function shortened(length: number): number {
  const half = length >> 1;
  return half < SHORTEST_NS ? 0 : half;
}

/** The longest poll where nothing else is asked for, in µs; PERFORMANCE.md says why. */
const DEFAULT_MAX_US = 100;

/**
 * The longest poll in ns, of `asked` µs. None with a single processor, on
 * which the peer would have to wait for the poll to end.
 *
 * @param processors those that this process may run on
 */
export function pollLimit(
  asked: number = DEFAULT_MAX_US,
  processors: number = navigator.hardwareConcurrency,
): number {
  return processors < 2 ? 0 : asked * 1000;
}
