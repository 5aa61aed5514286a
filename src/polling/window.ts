/**
 * How long to poll for the next request before going to sleep for it.
 *
 * To be woken costs more than most requests: on the way are an interrupt of
 * another processor, its way out of its idle state, the scheduler. Who polls
 * has the request at once, and a processor busy meanwhile. As KVM's halt
 * polling, the window goes by what polling has brought so far.
 *
 * @module
 */

/** Under this a window catches nothing that sleeping would not: ns. */
const SHORTEST_NS = 4_000;

/** Polls in vain, one after the other, until there is a rest. */
const TRIES = 4;
/** Waits of the first rest; each that comes without a success between has twice as many. */
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
   * If the peer can't run while we poll, as there are fewer processors than
   * busy threads, the request comes just after the poll however long that is.
   * Growing is no help then; only leaving it is.
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
