/**
 * How long a program may take: as a whole, or from one line to the next.
 *
 * @module
 */

/**
 * How long a guest may print nothing. Where it works it prints something every
 * few seconds, and the longest step of a job takes a minute under emulation. This
 * leaves room for a machine that is ten times slower.
 */
export const GUEST_SILENCE_MS = 900_000;

const LAST_LINES = 20;

/** Ends what hangs. */
export class Patience {
  #timer: ReturnType<typeof setTimeout>;
  #lostAfter: number | undefined;
  readonly #milliseconds: number;
  readonly #silence: boolean;
  readonly #kill: () => void;

  /** @param silence whether the time begins anew with all that is heard */
  constructor(milliseconds: number, silence: boolean, kill: () => void) {
    this.#milliseconds = milliseconds;
    this.#silence = silence;
    this.#kill = kill;
    this.#timer = this.#start();
  }

  /** It has printed something. */
  heard(): void {
    if (!this.#silence || this.#lostAfter !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  /** From here on there is so much time, and no more. */
  limitTo(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#kill, milliseconds);
  }

  /** It has ended. */
  end(): void {
    clearTimeout(this.#timer);
  }

  /** @throws {Error} where it was killed for its silence; it has the last lines of `printed` */
  check(printed: string): void {
    if (this.#lostAfter === undefined) return;
    const lines = printed.trimEnd().split("\n").slice(-LAST_LINES);
    throw new Error(
      `It was given up: it has printed nothing for ${
        this.#lostAfter / 1000
      } seconds, and last\n${lines.join("\n")}`,
    );
  }

  #start(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      if (this.#silence) this.#lostAfter = this.#milliseconds;
      this.#kill();
    }, this.#milliseconds);
  }
}
