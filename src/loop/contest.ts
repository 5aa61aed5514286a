/**
 * Finds out whether polling brings requests sooner than sleeping does.
 *
 * It need not. Where the kernel puts a process that sleeps, and is woken by its
 * peer, on the peer's own processor, the two hand over to each other without
 * an interrupt; one that polls keeps to another processor, from which the peer
 * has to be woken the dear way. Which of the two it is depends on the kernel,
 * on the machine and on who else is busy on it, so it is measured: one way,
 * the other, the first again, and again after a while.
 *
 * @module
 */

/**
 * What is waited in a leg of a contest before waits count: the scheduler gives
 * two busy processes a processor each only after some of its ticks.
 */
const SETTLING_NS = 30_000_000;
/** Waits that count in a leg, and from one look to the next between contests. */
const COUNTED = 256;
/** One of so many waits is measured between contests where they are slept through. */
const SAMPLE = 8;

/** What is waited from one contest to the next: it doubles while the outcome stays the same. */
const FIRST_TERM_NS = 200_000_000;
const LONGEST_TERM_NS = 4_000_000_000;

/** By how much polling has to be sooner to be worth a processor, in ns. */
const MARGIN_NS = 1_000;

/** Which leg of a contest it is, or the time between two. */
type Stage = "before" | "during" | "after" | "term";

/** Compares both ways of waiting. Times are from an answer to the next request, in ns. */
export class Contest {
  /** Whether to poll in the next wait. */
  polling = true;

  /** The way that has won, until another contest says otherwise. */
  #pollingWon = true;
  #stage: Stage = "before";
  /** What is still to be waited: until waits count, or until the next contest. */
  #left = SETTLING_NS;
  /** Waits that have counted in this stage. */
  #counted = 0;
  /** Waits until one is measured. */
  #skipped = 0;
  #term = FIRST_TERM_NS;
  #before = 0;
  #during = 0;
  /** What a wait took when the last contest was over. */
  #usual = 0;
  readonly #limit: number;
  readonly #median: Median;

  /** @param limit from where on a wait is just long */
  constructor(limit: number) {
    this.#limit = limit;
    this.#median = new Median(limit);
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
    else if (this.#left > 0) this.#left -= waited;
    else {
      this.#median.add(waited);
      if (++this.#counted === COUNTED) this.#endLeg();
    }
  }

  /** A wait was not measured. */
  pass(): void {
    if (this.#skipped > 0) this.#skipped--;
  }

  #endLeg(): void {
    const median = this.#median.take();
    switch (this.#stage) {
      case "before":
        this.#before = median;
        this.#begin("during", SETTLING_NS);
        this.polling = !this.#pollingWon;
        break;
      case "during":
        this.#during = median;
        this.#begin("after", SETTLING_NS);
        this.polling = this.#pollingWon;
        break;
      default:
        this.#decide(median);
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
    const won = Math.min(former, during) >= this.#limit ||
      (this.#pollingWon
        ? former + MARGIN_NS <= during
        : during + MARGIN_NS <= former);
    const same = won === this.#pollingWon;
    this.#term = same
      ? Math.min(2 * this.#term, LONGEST_TERM_NS)
      : FIRST_TERM_NS;
    this.#usual = same ? after : during;
    this.#pollingWon = won;
    this.polling = won;
    this.#begin("term", this.#term);
  }

  #addToTerm(waited: number): void {
    this.#skipped = this.polling ? 0 : SAMPLE - 1;
    this.#left -= this.polling ? waited : SAMPLE * waited;
    this.#median.add(waited);
    if (++this.#counted % COUNTED === 0) this.#look(this.#median.take());
    if (this.#left > 0) return;
    this.#median.take();
    this.#begin("before", SETTLING_NS);
  }

  /** A guest that does something else now is a reason for another contest, but for no more of them than there were at first. */
  #look(median: number): void {
    if (Math.abs(median - this.#usual) <= this.#usual / 8 + MARGIN_NS) return;
    this.#left -= this.#term - FIRST_TERM_NS;
    this.#term = FIRST_TERM_NS;
  }
}

/** Width of the steps that times are counted in, in ns. */
const STEP = 500;

/** The median of times, without keeping them. */
class Median {
  readonly #counts: Uint32Array;
  #total = 0;

  /** @param limit all that is longer counts as this, in ns */
  constructor(limit: number) {
    this.#counts = new Uint32Array(
      new ArrayBuffer(4 * (Math.ceil(limit / STEP) + 1)),
    );
  }

  add(time: number): void {
    const last = this.#counts.length - 1;
    const step = Math.min(time / STEP | 0, last);
    this.#counts[step] = this.#counts[step]! + 1;
    this.#total++;
  }

  /** The median, to within a step; and begins anew. */
  take(): number {
    const counts = this.#counts;
    let step = 0;
    let below = counts[0]!;
    while (2 * below < this.#total && step < counts.length - 1) {
      below += counts[++step]!;
    }
    counts.fill(0);
    this.#total = 0;
    return step * STEP;
  }
}
