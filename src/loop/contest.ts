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

/** Waits of one leg of a contest. The scheduler needs some milliseconds to settle, so the first half does not count. */
const LEG = 1024;
const COUNTED = LEG / 2;
/** One of so many waits is measured. */
const SAMPLE = 8;

/** Waits from one contest to the next: it doubles while the outcome stays the same. */
const FIRST_TERM = 4 * LEG;
const LONGEST_TERM = 16 * LEG;

/** By how much polling has to be sooner to be worth a processor, in ns. */
const MARGIN_NS = 1_000;

/** Which part of a contest it is, or the time between two. */
type Stage = "before" | "during" | "after" | "term";

/** Compares both ways of waiting. Times are from an answer to the next request, in ns. */
export class Contest {
  /** Whether to poll in the next wait. */
  polling = true;

  /** The way that has won, until another contest says otherwise. */
  #pollingWon = true;
  #stage: Stage = "before";
  /** Waits left of this stage. */
  #left = LEG;
  #term = FIRST_TERM;
  #before = 0;
  #during = 0;
  /** What a wait took when the last contest was over. */
  #usual = 0;
  readonly #median: Median;

  /** @param limit from where on a wait is just long */
  constructor(limit: number) {
    this.#median = new Median(limit);
  }

  /** Whether the next wait is to be measured. Some of those slept through are enough: to look at the clock takes time. */
  get measures(): boolean {
    return this.polling || this.#left % SAMPLE === 0;
  }

  /** A wait took `waited`. */
  add(waited: number): void {
    if (this.#left <= COUNTED || this.#stage === "term") {
      this.#median.add(waited);
    }
    this.pass();
  }

  /** A wait was not measured. */
  pass(): void {
    if (--this.#left === 0) this.#next();
    else if (this.#stage === "term" && this.#left % COUNTED === 0) {
      this.#check();
    }
  }

  #next(): void {
    const median = this.#median.take();
    this.#left = LEG;
    switch (this.#stage) {
      case "before":
        this.#before = median;
        this.#stage = "during";
        this.polling = !this.#pollingWon;
        break;
      case "during":
        this.#during = median;
        this.#stage = "after";
        this.polling = this.#pollingWon;
        break;
      case "after":
        this.#decide(median);
        break;
      case "term":
        this.#stage = "before";
    }
  }

  /** To sleep wins unless to poll is clearly sooner: it costs less. */
  #decide(after: number): void {
    const former = Math.min(this.#before, after);
    const won = this.#pollingWon
      ? former + MARGIN_NS <= this.#during
      : this.#during + MARGIN_NS <= former;
    const same = won === this.#pollingWon;
    this.#term = same ? Math.min(2 * this.#term, LONGEST_TERM) : FIRST_TERM;
    this.#usual = same ? after : this.#during;
    this.#pollingWon = won;
    this.polling = won;
    this.#stage = "term";
    this.#left = this.#term;
  }

  /** A guest that does something else now is a reason to look again. */
  #check(): void {
    const median = this.#median.take();
    if (Math.abs(median - this.#usual) <= this.#usual / 8 + MARGIN_NS) return;
    this.#stage = "before";
    this.#left = LEG;
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
