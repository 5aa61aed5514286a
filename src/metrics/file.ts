/**
 * Writes the metrics file.
 *
 * @module
 */
import { F_SETLK, LOCK_EX_NB } from "../../ffi/constants.ts";
import type { ReplacedFileCalls } from "../../ffi/replaced_file.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { isOneOf, type Rule } from "../jail/seccomp/rule.ts";
import type { Log } from "../log/log.ts";
import type { MetricsDirectory } from "./directory.ts";

/**
 * The system calls of the file, where one is asked for. Their directory is not
 * checked: requests rename and remove names in any directory that is open.
 */
export const METRICS_RULES: readonly Rule[] = [
  {
    calls: ["renameat2"],
    checks: [isOneOf(4, 0)],
    why: "a new metrics file takes the place of the old one",
  },
  {
    calls: ["unlinkat"],
    checks: [isOneOf(2, 0)],
    why: "one that could not be written, or was left over",
  },
  {
    calls: ["flock"],
    checks: [isOneOf(1, LOCK_EX_NB)],
    why: "by that lock readers see that the writer lives",
  },
  {
    calls: ["fcntl"],
    checks: [isOneOf(1, F_SETLK)],
    why: "so that no other process writes the same metrics file",
  },
];

/** The file, of which the newest is kept open and locked. */
export class MetricsFile {
  readonly #files: ReplacedFileCalls;
  readonly #directory: MetricsDirectory;
  readonly #log: Log;
  #fd: number | undefined;
  /** Whether the last write has failed, and the log knows. */
  #failed = false;

  constructor(
    files: ReplacedFileCalls,
    directory: MetricsDirectory,
    log: Log,
  ) {
    this.#files = files;
    this.#directory = directory;
    this.#log = log;
  }

  /** Replaces it. Where that fails the old one stays; the log is told the first time. */
  write(text: string): void {
    const { fd, name, path } = this.#directory;
    try {
      const written = this.#files.write(fd, `.${name}.new`, name, text);
      if (this.#fd !== undefined) this.#files.close(this.#fd);
      this.#fd = written;
      if (this.#failed) this.#log.info(`Metrics are written to ${path} again`);
      this.#failed = false;
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      if (this.#failed) return;
      this.#failed = true;
      this.#log.warning(
        `Cannot write metrics to ${path} (${error.message}): what is there is old until that ends; serving goes on`,
      );
    }
  }
}
