/**
 * Finds out whether polling brings requests sooner than sleeping does.
 *
 * It need not. Where the kernel puts a process that sleeps, and is woken by its
 * peer, on the peer's own processor, the two hand over to each other without
 * an interrupt; one that polls keeps to another processor, from which the peer
 * has to be woken the dear way, or which QEMU's other threads would have used.
 * Which of the two it is depends on the kernel, on the machine and on who else
 * is busy on it, so it is measured: one way, the other, the first again, and
 * again after a while.
 *
 * @module
 */

/**
 * What is waited in a leg of a contest before waits count: the scheduler gives
 * two busy processes a processor each only after some of its ticks.
 */
const SETTLING_US = 30_000;
/** Waits that count in a leg, and from one look to the next between contests. */
const COUNTED = 256;
/** One of so many waits is measured between contests where they are slept through: an odd number, as requests often come in pairs. */
const SAMPLE = 7;

/** What is waited from one contest to the next: it doubles while the outcome stays the same. */
const FIRST_TERM_US = 200_000;
const LONGEST_TERM_US = 4_000_000;

/** By how much polling has to be sooner to be worth a processor: in ns, and as a part of the wait. */
const MARGIN_NS = 1_000;
const MARGIN_PART = 1 / 16;
/** From which part of the limit on waits are just long. */
const LONG = 7 / 8;

/** Which leg of a contest it is, or the time between two. */
type Stage = "before" | "during" | "after" | "term";

/** Compares both ways of waiting. Times are from an answer to the next request, in ns. */
export class PollPolicy {
  /** The way that has won, until another contest says otherwise. */
  #pollingWon = true;
  #stage: Stage = "before";
  /** What is still to be waited until waits count, or until the next contest: in µs, as so many ns would be a number on the heap. */
  #left = SETTLING_US;
  /** Waits that have counted in this stage. */
  #counted = 0;
  /** Waits until one is measured. */
  #skipped = 0;
  #term = FIRST_TERM_US;
  #before = 0;
  #during = 0;
  /** What a wait took when the last contest was over. */
  #usual = 0;
  readonly #limit: number;
  readonly #mean: Mean;

  /** @param limit from where on a wait is just long */
  constructor(limit: number) {
    this.#limit = limit;
    this.#mean = new Mean(limit);
  }

  /** Whether to poll in the next wait. */
  get polling(): boolean {
    return this.#pollingWon !== (this.#stage === "during");
  }

  /** Whether polling is the challenger: to show what it brings it has to be done, whatever it has brought when it lost. */
  get tries(): boolean {
    return this.polling && this.#stage === "during";
  }

  /** Whether the next wait is to be measured. Some of those slept through are enough: to look at the clock takes time. */
  get measures(): boolean {
    return this.#skipped === 0;
  }

  /** A wait took `waited`. */
  add(waited: number): void {
    if (this.#stage === "term") this.#addToTerm(waited);
    else if (this.#left > 0) this.#left -= microseconds(waited);
    else {
      this.#mean.add(waited);
      if (++this.#counted === COUNTED) this.#endLeg();
    }
  }

  /** A wait was not measured. */
  pass(): void {
    if (this.#skipped > 0) this.#skipped--;
  }

  #endLeg(): void {
    const mean = this.#mean.take();
    switch (this.#stage) {
      case "before":
        this.#before = mean;
        this.#begin("during", SETTLING_US);
        break;
      case "during":
        this.#during = mean;
        this.#begin("after", SETTLING_US);
        break;
      default:
        this.#decide(mean);
    }
  }

  #begin(stage: Stage, left: number): void {
    this.#stage = stage;
    this.#left = left;
    this.#counted = 0;
    this.#skipped = 0;
  }

  /**
   * To sleep wins unless to poll is clearly sooner: it costs less. But of waits
   * that are just long nothing can be told, and nothing need be: nobody polls
   * for so long, and the guest's next burst is better polled for at once.
   */
  #decide(after: number): void {
    const former = Math.min(this.#before, after), during = this.#during;
    const least = Math.min(former, during);
    const margin = Math.max(MARGIN_NS, MARGIN_PART * least);
    const won = least >= LONG * this.#limit ||
      (this.#pollingWon
        ? former + margin <= during
        : during + margin <= former);
    const same = won === this.#pollingWon;
    this.#term = same
      ? Math.min(2 * this.#term, LONGEST_TERM_US)
      : FIRST_TERM_US;
    this.#usual = same ? after : during;
    this.#pollingWon = won;
    this.#begin("term", this.#term);
  }

  #addToTerm(waited: number): void {
    const share = this.polling ? 1 : SAMPLE;
    this.#skipped = share - 1;
    this.#left -= share * microseconds(waited);
    this.#mean.add(waited);
    if (++this.#counted % COUNTED === 0) this.#look(this.#mean.take());
    if (this.#left > 0) return;
    this.#mean.take();
    this.#begin("before", SETTLING_US);
  }

  /** A guest that does something else now is a reason for another contest, but for no more of them than there were at first. */
  #look(mean: number): void {
    if (mean > this.#usual / 2 && mean < this.#usual * 2) return;
    this.#left -= this.#term - FIRST_TERM_US;
    this.#term = FIRST_TERM_US;
  }
}

/** `time`, which is in ns, as the next whole number of µs above it. */
function microseconds(time: number): number {
  return (time / 1000 | 0) + 1;
}

/**
 * The mean of times: of what the guest waits for in all, most is in the long
 * ones. A poller that keeps the peer from its processor makes the short ones
 * shorter and the long ones longer.
 */
class Mean {
  readonly #limit: number;
  #sum = 0;
  #count = 0;

  /** @param limit all that is longer counts as this, in ns */
  constructor(limit: number) {
    this.#limit = limit;
  }

  add(time: number): void {
    this.#sum += Math.min(time, this.#limit);
    this.#count++;
  }

  /** The mean, 0 of nothing; and begins anew. */
  take(): number {
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count;
    this.#sum = 0;
    this.#count = 0;
    return mean;
  }
}
