/**
 * Where helpers meet: each of them with a directory of its own, and all of
 * them alive at once.
 *
 * @module
 */
import { type Libc, openLibc } from "../../ffi/libc.ts";
import { TemporaryDirectory } from "../program/clean_up.ts";
import { Chains } from "./chains.ts";
import { Clock } from "./clock.ts";
import type { Cpus } from "./options.ts";
import { type Contender, type Peer, startHelper } from "./peer.ts";
import { BACK_TO_BACK, type Contestant, Player } from "./player.ts";
import { kindPrograms, mixProgram, type Program } from "./programs.ts";
import { LOAD_SYMBOLS } from "./symbols.ts";
import { makeTree } from "./tree.ts";

/** Not /tmp: that is a tmpfs on many machines, without xattrs and generations. */
const SCRATCH = "/var/tmp";

/** Requests after which the compilers of both sides have done what they will. */
const WARM_UP = 30_000;

/** A helper in the arena. */
interface Fighter {
  readonly name: string;
  readonly peer: Peer;
  readonly mix: Program;
  readonly kinds: readonly Program[];
}

/** Some helpers that run. */
export class Arena implements AsyncDisposable {
  readonly libc: Libc<typeof LOAD_SYMBOLS> = openLibc(LOAD_SYMBOLS);
  readonly clock: Clock = new Clock(this.libc);
  /** For everything that is needed meanwhile. */
  readonly directory: string;
  readonly #made = new TemporaryDirectory(SCRATCH, "virtfs-bench-");
  readonly #fighters: Fighter[] = [];

  constructor() {
    this.directory = this.#made.path;
  }

  /** Starts a helper, the reference last; returns when it serves. */
  async add(contender: Contender): Promise<void> {
    // Names of one length: so are the paths that the helpers resolve.
    const directory = `${this.directory}/${this.#fighters.length}`;
    Deno.mkdirSync(directory);
    const chains = new Chains(this.libc, makeTree(this.libc, directory));
    this.#fighters.push({
      name: contender.name,
      peer: await startHelper(this.libc, contender, directory),
      mix: mixProgram(chains),
      kinds: kindPrograms(chains),
    });
  }

  /** Puts the client on the first CPU, and the helpers there, too, or on the second. */
  place(cpus: Cpus): void {
    const put = (pid: number, cpu: number) => {
      const mask = new BigUint64Array([1n << BigInt(cpu)]);
      if (this.libc.symbols.sched_setaffinity(pid, 8n, mask) !== 0) {
        throw new Error(`Cannot put process ${pid} on CPU ${cpu}`);
      }
    };
    put(0, 0);
    for (const pid of this.pids) put(pid, cpus === "same" ? 0 : 1);
  }

  /** Asks each helper for a while, so that nobody is measured while V8 still compiles. */
  warmUp(): void {
    for (const contestant of this.contestants("mix")) {
      const player = new Player(this.clock, contestant, BACK_TO_BACK);
      player.play(WARM_UP);
      player.finish();
    }
  }

  /** Of the helpers, in their order. */
  get names(): readonly string[] {
    return this.#fighters.map(({ name }) => name);
  }

  get pids(): readonly number[] {
    return this.#fighters.map(({ peer }) => peer.pid);
  }

  /** The names of the programs of single kinds. */
  get kinds(): readonly string[] {
    return this.#fighters[0]?.kinds.map(({ name }) => name) ?? [];
  }

  /** The helpers with the mix, or with the program of one kind. */
  contestants(name: string): Contestant[] {
    return this.#fighters.map(({ peer: { client, pid }, mix, kinds }) => ({
      client,
      pid,
      program: kinds.find((program) => program.name === name) ?? mix,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const results = await Promise.allSettled(
      this.#fighters.map(({ peer }) => peer.stop()),
    );
    await this.#made[Symbol.asyncDispose]();
    this.libc.close();
    for (const result of results) {
      if (result.status === "rejected") throw result.reason;
    }
  }
}
