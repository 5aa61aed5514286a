/**
 * Finds out whether polling brings requests sooner than sleeping does.
 *
 * It need not. Some kernels put a process that sleeps, and is woken by its
 * peer, on the peer's own processor: the two hand over to each other there
 * without an interrupt. A process that polls keeps a second processor busy,
 * which QEMU's other threads might have used, and from which the peer has to be
 * woken by an interrupt. Which way is sooner depends on the kernel, on the
 * machine and on what else runs there, so it is measured, and measured again
 * after a while: first the way that is in use, then the other, then the first
 * once more.
 *
 * @module
 */

/**
 * How long to wait, in all, after a change of the way before waits are
 * measured: the scheduler gives two busy processes a processor each only after
 * some of its ticks.
 */
const SETTLING_US = 30_000;
/** How many waits a mean is of. */
const COUNTED = 256;
/** While sleeping is in use, one of so many waits is measured: an odd number, as requests often come in pairs. */
const SAMPLE = 7;

/** How long to wait, in all, between two comparisons: twice as long each time that the result is the same. */
const FIRST_INTERVAL_US = 200_000;
const LONGEST_INTERVAL_US = 4_000_000;

/** Polling has to be sooner by so many ns, and by this part of the wait, to be worth a processor. */
const MARGIN_NS = 1_000;
const MARGIN_PART = 1 / 16;
/** From this part of the longest time that is counted on, means are too long to be compared. */
const LONG = 7 / 8;

/** Which of the three measurements of a comparison is under way, or that none is. */
type Stage = "before" | "during" | "after" | "between";

/** Compares both ways of waiting. Times are from an answer to the next request, in ns. */
export class PollPolicy {
  /** Whether polling is in use. */
  #usesPolling = true;
  #stage: Stage = "before";
  /**
   * How long to wait until waits are measured, or until the next comparison. In
   * µs: V8 allocates memory for each integer of more than 31 bits.
   */
  #left = SETTLING_US;
  /** Waits measured in this stage. */
  #counted = 0;
  /** Waits until one is measured. */
  #skipped = 0;
  #interval = FIRST_INTERVAL_US;
  #before = 0;
  #during = 0;
  /** The mean of the way that is in use, at the end of the last comparison. */
  #usual = 0;
  readonly #limit: number;
  readonly #mean: Mean;

  /** @param limit a wait that is longer counts as so long */
  constructor(limit: number) {
    this.#limit = limit;
    this.#mean = new Mean(limit);
  }

  /** Whether to poll in the next wait. */
  get polling(): boolean {
    return this.#usesPolling !== (this.#stage === "during");
  }

  /** Whether polling is only tried: as long as can be, then, however short the polls were that brought nothing. */
  get tries(): boolean {
    return this.polling && this.#stage === "during";
  }

  /** Whether the next wait is to be measured. Not each of those that are slept through is, as to look at the clock takes time. */
  get measures(): boolean {
    return this.#skipped === 0;
  }

  /** A wait took `waited`. */
  add(waited: number): void {
    if (this.#stage === "between") this.#addBetween(waited);
    else if (this.#left > 0) this.#left -= microseconds(waited);
    else {
      this.#mean.add(waited);
      if (++this.#counted === COUNTED) this.#endStage();
    }
  }

  /** A wait was not measured. */
  pass(): void {
    if (this.#skipped > 0) this.#skipped--;
  }

  #endStage(): void {
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
   * Sleeping is used unless polling is clearly sooner, as it costs less. Where
   * all waits are long, the comparison tells nothing: polling is used then, as
   * nobody polls for so long, and the guest's next burst is better polled for
   * at once.
   */
  #decide(after: number): void {
    const used = Math.min(this.#before, after), tried = this.#during;
    const least = Math.min(used, tried);
    const margin = Math.max(MARGIN_NS, MARGIN_PART * least);
    const usesPolling = least >= LONG * this.#limit ||
      (this.#usesPolling ? used + margin <= tried : tried + margin <= used);
    const same = usesPolling === this.#usesPolling;
    this.#interval = same
      ? Math.min(2 * this.#interval, LONGEST_INTERVAL_US)
      : FIRST_INTERVAL_US;
    this.#usual = same ? after : tried;
    this.#usesPolling = usesPolling;
    this.#begin("between", this.#interval);
  }

  #addBetween(waited: number): void {
    const share = this.polling ? 1 : SAMPLE;
    this.#skipped = share - 1;
    this.#left -= share * microseconds(waited);
    this.#mean.add(waited);
    if (++this.#counted % COUNTED === 0) this.#check(this.#mean.take());
    if (this.#left > 0) return;
    this.#mean.take();
    this.#begin("before", SETTLING_US);
  }

  /** Where waits have become much longer or shorter, the guest does something else: the next comparison comes as soon as the first did. */
  #check(mean: number): void {
    if (mean > this.#usual / 2 && mean < this.#usual * 2) return;
    this.#left -= this.#interval - FIRST_INTERVAL_US;
    this.#interval = FIRST_INTERVAL_US;
  }
}

/** `time`, which is in ns, as the next whole number of µs above it. */
function microseconds(time: number): number {
  return (time / 1000 | 0) + 1;
}

/**
 * The mean of times, and not their median: most of what a guest waits in all is
 * in the long ones. Where polling keeps the peer from its processor it makes
 * the short ones shorter and the long ones longer.
 */
class Mean {
  readonly #limit: number;
  #sum = 0;
  #count = 0;

  /** @param limit what is longer counts as this, in ns */
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
