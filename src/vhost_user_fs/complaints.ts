/**
 * Warnings of what a front end or a guest sends.
 *
 * @module
 */
import type { Log } from "../log/log.ts";

/** As many as one connection can cause: they take less than a pipe holds that nobody reads. */
const MAX_MESSAGES = 100;

/** Those of one connection. Who means harm can cause one by each message, without end. */
export class Complaints {
  readonly #log: Pick<Log, "warning" | "error">;
  #count = 0;

  constructor(log: Pick<Log, "warning" | "error">) {
    this.#log = log;
  }

  /** Writes it to the log, unless there were too many. */
  add(message: string, level: "warning" | "error" = "warning"): void {
    if (this.#count === MAX_MESSAGES) return;
    this.#count++;
    this.#log[level](message);
    if (this.#count < MAX_MESSAGES) return;
    this.#log.warning(
      `There were ${MAX_MESSAGES} messages of this kind since the front end has connected: there will be no more until another does`,
    );
  }
}
