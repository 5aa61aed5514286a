/**
 * The helpers that are measured: all of them run at once, each with a
 * directory of its own.
 *
 * @module
 */
import { type Libc, openLibc } from "../../ffi/libc.ts";
import { Clock } from "./clock.ts";
import { BenchDirectory } from "./directory.ts";
import { BACK_TO_BACK, Driver, type Target } from "./driver.ts";
import {
  type HelperCommand,
  type HelperProcess,
  startHelper,
} from "./helper_process.ts";
import type { Placement } from "./options.ts";
import { Sequences } from "./sequences.ts";
import { LOAD_SYMBOLS } from "./symbols.ts";
import { makeTree } from "./tree.ts";
import { kindWorkloads, mixWorkload, type Workload } from "./workloads.ts";

/** After so many requests V8 has compiled the client and the helper. */
const WARM_UP = 30_000;

/** `cpu_set_t`, as large as the C library's. */
const CPU_SET_WORDS = 16;

interface Entry {
  readonly name: string;
  readonly process: HelperProcess;
  readonly mix: Workload;
  readonly kinds: readonly Workload[];
}

/** Some helpers that run. */
export class Helpers implements AsyncDisposable {
  readonly libc: Libc<typeof LOAD_SYMBOLS> = openLibc(LOAD_SYMBOLS);
  readonly clock: Clock = new Clock(this.libc);
  /** For the exports, and for what a measurement makes. */
  readonly directory: string;
  readonly #made = new BenchDirectory();
  readonly #entries: Entry[] = [];

  constructor() {
    this.directory = this.#made.path;
  }

  /** Starts a helper, the reference last; returns when it serves. */
  async add(command: HelperCommand): Promise<void> {
    // The paths that helpers resolve are equally long: no helper has more work.
    const directory = `${this.directory}/${this.#entries.length}`;
    Deno.mkdirSync(directory);
    const sequences = new Sequences(this.libc, makeTree(this.libc, directory));
    this.#entries.push({
      name: command.name,
      process: await startHelper(this.libc, command, directory),
      mix: mixWorkload(sequences),
      kinds: kindWorkloads(sequences),
    });
  }

  /**
   * Binds the main threads of this client and of the helpers, which do all of
   * the work, to CPUs. Their other threads run anywhere.
   */
  place(placement: Placement): void {
    const all = new BigUint64Array(CPU_SET_WORDS).fill(~0n);
    const only = (cpu: number) =>
      new BigUint64Array(CPU_SET_WORDS).fill(1n << BigInt(cpu), 0, 1);
    const [client, helpers] = {
      one: [only(0), only(0)],
      two: [only(0), only(1)],
      any: [all, all],
    }[placement] as [typeof all, typeof all];
    const put = (pid: number, cpus: typeof all) => {
      const size = BigInt(cpus.byteLength);
      if (this.libc.symbols.sched_setaffinity(pid, size, cpus) !== 0) {
        throw new Error(`Cannot run on CPU ${helpers === client ? 0 : 1}`);
      }
    };
    put(0, client);
    for (const pid of this.pids) put(pid, helpers);
  }

  /** Asks each helper for a while, so that none is measured while V8 still compiles. */
  warmUp(): void {
    for (const target of this.targets("mix")) {
      const driver = new Driver(this.clock, target, BACK_TO_BACK);
      driver.run(WARM_UP);
      driver.finish();
    }
  }

  /** Of the helpers, in their order. */
  get names(): readonly string[] {
    return this.#entries.map(({ name }) => name);
  }

  get pids(): readonly number[] {
    return this.#entries.map(({ process }) => process.pid);
  }

  /** The names of the workloads of single kinds. */
  get kinds(): readonly string[] {
    return this.#entries[0]?.kinds.map(({ name }) => name) ?? [];
  }

  /** The helpers with the mix, or with the workload of one kind. */
  targets(name: string): Target[] {
    return this.#entries.map(({ process: { client, pid }, mix, kinds }) => ({
      client,
      pid,
      workload: kinds.find((workload) => workload.name === name) ?? mix,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const results = await Promise.allSettled(
      this.#entries.map(({ process }) => process.stop()),
    );
    await this.#made[Symbol.asyncDispose]();
    this.libc.close();
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
    }
  }
}
