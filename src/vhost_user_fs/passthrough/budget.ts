/**
 * How many descriptors a guest may make this program hold: so that there are
 * always some for the program itself.
 *
 * @module
 */
import { ENFILE } from "../../../ffi/passthrough_constants.ts";
import { type Done, type Errno, failure } from "../../../ffi/results.ts";
import type { Log } from "../../log/log.ts";

/** Inodes and open files together. */
export class Budget {
  used = 0;
  readonly #limit: number;
  readonly #log: Log;
  #told = false;

  constructor(limit: number, log: Log) {
    this.#limit = limit;
    this.#log = log;
  }

  /** ENFILE where `count` more would be too many. */
  check(count: number): Done | Errno {
    if (this.used + count <= this.#limit) return 0;
    if (!this.#told) {
      this.#told = true;
      this.#log.warning(
        `The guest uses all of the ${this.#limit} descriptors that it may: until it lets go of some, it can neither look up nor open more files (ENFILE)`,
      );
    }
    return failure(ENFILE);
  }
}
