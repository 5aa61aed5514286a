/**
 * Follows one file of figures: from what it says each time it is written anew to
 * what happens by the second.
 *
 * A helper writes at once when requests come after a pause, then every few
 * seconds, and not at all while there are none.
 *
 * @module
 */
import type { Figures } from "./figures.ts";
import { hasRestarted, noRates, type Rates, ratesOf } from "./rates.ts";

/** How late a file may be before it counts as one that is not written, in ms. */
const SLACK = 1_000;
/** What differs by less can't be told apart from the clock's steps, in ms. */
const SHORTEST = 20;
/** Of how many looks the rates are kept. */
const KEPT = 240;

/** The state of a helper, as one file tells it. */
export class Track {
  #figures: Figures;
  /** When the helper has written that, in ms since 1970. */
  #written: number;
  #rates: Rates | undefined;
  readonly #requests: number[] = [];

  constructor(figures: Figures, written: number) {
    this.#figures = figures;
    this.#written = written;
  }

  get figures(): Figures {
    return this.#figures;
  }

  get written(): number {
    return this.#written;
  }

  /** Requests a second of the last looks, the latest last. */
  get requests(): readonly number[] {
    return this.#requests;
  }

  /** The file was written anew. */
  update(figures: Figures, written: number): void {
    const usual = figures.interval * 1000;
    // A clock may have been set back.
    const passed = written > this.#written ? written - this.#written : usual;
    // What came after a pause came at its end.
    const busy = Math.max(SHORTEST, Math.min(passed, usual + SLACK));
    if (hasRestarted(this.#figures, figures)) {
      const since = figures.start === undefined
        ? busy
        : written - figures.start * 1000;
      const seconds = Math.max(SHORTEST, Math.min(since, busy)) / 1000;
      this.#rates = ratesOf(undefined, figures, seconds);
    } else this.#rates = ratesOf(this.#figures, figures, busy / 1000);
    this.#figures = figures;
    this.#written = written;
  }

  /**
   * What happens by the second, as of `now` in ms since 1970. Undefined as long
   * as that can't be known, as the file was written once and not long ago.
   */
  rates(now: number): Rates | undefined {
    return !this.#figures.serving || this.isOld(now)
      ? noRates(this.#figures)
      : this.#rates;
  }

  /**
   * Whether the file was not written when it would have been if there were
   * requests. One of the future is from before the clock was set back.
   */
  isOld(now: number): boolean {
    const late = 1.5 * this.#figures.interval * 1000 + SLACK;
    return Math.abs(now - this.#written) > late;
  }

  /** Notes what the rates are, for {@linkcode requests}. */
  note(now: number): void {
    const rates = this.rates(now);
    if (rates !== undefined) this.#requests.push(rates.requests);
    if (this.#requests.length > KEPT) this.#requests.shift();
  }
}
