/**
 * Tells the figures: to a file every few seconds, to the log when asked.
 *
 * @module
 */
import type { Log } from "../log/log.ts";
import type { Waiter } from "../polling/waiter.ts";
import type { Facts } from "./facts.ts";
import type { Figures } from "./figures.ts";
import type { MetricsFile } from "./file.ts";
import { prometheusText } from "./prometheus.ts";
import { summarize } from "./summary.ts";

interface Parts {
  readonly figures: Figures;
  readonly facts: Facts;
  readonly log: Log;
  readonly waiter: Pick<Waiter, "after" | "beforeWaiting">;
  readonly file: MetricsFile | undefined;
}

/** The figures of one process, from the moment it is in the jail. */
export class Reporter {
  readonly #parts: Parts;
  /** By performance.now(). */
  readonly #began = performance.now();
  #writtenAt = 0;
  /** What had changed when the file was written: requests, and descriptors that are held. */
  #requests = 0;
  #descriptors = 0;
  /** Whether the next write is set. */
  #due = false;

  /** Writes the file for the first time; then after changes only, so that a helper without work does not wake up. */
  constructor(parts: Parts) {
    this.#parts = parts;
    if (parts.file === undefined) return;
    this.#write();
    parts.waiter.beforeWaiting = () => this.#plan();
  }

  /** One line for the log, whatever its level. */
  tell(): void {
    const { figures, facts, log } = this.#parts;
    const summary = summarize(figures, facts, this.#waiting());
    log.tell(`Figures: ${JSON.stringify(summary)}`, {
      message: "Figures",
      figures: summary,
    });
  }

  /** Writes the file for the last time. */
  end(): void {
    if (this.#parts.file !== undefined) this.#write(false);
  }

  /** Sets the next write, if there is something to write. */
  #plan(): void {
    if (this.#due || !this.#changed()) return;
    this.#due = true;
    const { waiter, facts } = this.#parts;
    const since = performance.now() - this.#writtenAt;
    waiter.after(Math.max(0, facts.interval * 1000 - since), () => {
      this.#due = false;
      this.#write();
    });
  }

  #changed(): boolean {
    return this.#parts.figures.requests !== this.#requests ||
      this.#held() !== this.#descriptors;
  }

  #write(serving = true): void {
    const { figures, facts, file } = this.#parts;
    this.#writtenAt = performance.now();
    this.#requests = figures.requests;
    this.#descriptors = this.#held();
    file?.write(prometheusText(figures, facts, this.#waiting(), serving));
  }

  #held(): number {
    return this.#parts.figures.held?.().descriptors ?? 0;
  }

  /** How long no request was carried out, in ms. */
  #waiting(): number {
    const busy = this.#parts.figures.busy / 1e6;
    return Math.max(0, performance.now() - this.#began - busy);
  }
}
