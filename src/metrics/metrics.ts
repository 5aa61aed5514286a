/**
 * Figures of one process, and who is told of them: `--metrics-file`, `--stats`
 * and SIGUSR2.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { replacedFileCalls } from "../../ffi/replaced_file.ts";
import type { JailTools } from "../jail/plan.ts";
import type { Property } from "../jail/property.ts";
import type { Rule } from "../jail/seccomp/rule.ts";
import type { Waiter } from "../polling/waiter.ts";
import { surviving } from "../process/last_words.ts";
import type { SharedSymbols } from "../symbols.ts";
import { VERSION } from "../version.ts";
import { type MetricsDirectory, openMetricsDirectory } from "./directory.ts";
import type { Facts } from "./facts.ts";
import { Figures } from "./figures.ts";
import { METRICS_RULES, MetricsFile } from "./file.ts";
import { Reporter } from "./reporter.ts";

/** What the command line says of figures. */
export interface MetricsOptions {
  /** The file that they are written to, every so many seconds. */
  readonly metricsFile?: string | undefined;
  readonly metricsInterval: number;
  /** Whether the log has them at the end. */
  readonly stats: boolean;
}

interface Parts {
  readonly frontEnd: Pick<Facts, "program" | "carriesData"> & {
    /** The names of its requests by their numbers; 0 is none. */
    readonly requests: readonly (string | undefined)[];
  };
  readonly libc: Libc<SharedSymbols>;
  readonly tools: JailTools;
  readonly waiter: Waiter;
  readonly options: MetricsOptions;
  /** The export, for system calls and for people. */
  readonly path: string;
  readonly name: string;
}

/** To be made before the jail is entered, as it opens a directory of the host. */
export class Metrics {
  readonly figures: Figures;
  readonly directory: MetricsDirectory | undefined;
  /** The system calls that it makes in the jail. */
  readonly rules: readonly Rule[];
  readonly #parts: Parts;
  readonly #file: MetricsFile | undefined;
  #reporter: Reporter | undefined;

  /** @throws {StartError} where the file can't be */
  constructor(parts: Parts) {
    const { frontEnd, libc, tools, options, path } = parts;
    this.#parts = parts;
    const { metricsFile, stats } = options;
    this.figures = new Figures(
      frontEnd.requests,
      stats || metricsFile !== undefined,
    );
    if (metricsFile !== undefined) {
      const files = replacedFileCalls(libc);
      this.directory = openMetricsDirectory(tools, files, metricsFile, path);
      this.#file = new MetricsFile(files, this.directory, tools.log);
    }
    this.rules = metricsFile === undefined ? [] : METRICS_RULES;
    Deno.addSignalListener(
      "SIGUSR2",
      surviving(tools.log, () => this.#reporter?.tell()),
    );
  }

  /** In the jail: writes the file for the first time. */
  begin(sandbox: readonly Property[]): void {
    const { frontEnd, tools: { log }, waiter, options, name } = this.#parts;
    this.#reporter = new Reporter({
      figures: this.figures,
      facts: {
        program: frontEnd.program,
        version: VERSION,
        share: name,
        started: Date.now(),
        carriesData: frontEnd.carriesData,
        interval: options.metricsInterval,
        sandbox,
      },
      log,
      waiter,
      file: this.#file,
    });
  }

  /** The start has failed: the file, if it was written, tells that nothing is served. */
  abandon(): void {
    this.#reporter?.end();
  }

  /** The helper is about to end. */
  end(): void {
    this.#reporter?.end();
    if (this.#parts.options.stats) this.#reporter?.tell();
  }
}
