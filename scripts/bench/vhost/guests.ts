/**
 * The servers that are measured: all of them run at once, each with a share of
 * its own.
 *
 * @module
 */
import { type Libc, openLibc } from "../../../ffi/libc.ts";
import type { Command } from "../../program/proxy_helper.ts";
import { Clock } from "../clock.ts";
import { BenchDirectory } from "../directory.ts";
import type { Placement } from "../options.ts";
import { LOAD_SYMBOLS } from "../symbols.ts";
import { type Guest, startGuest } from "./guest.ts";
import {
  makeFiles,
  type Operation,
  OPERATIONS,
  type Run,
} from "./operations.ts";

/** A server to be measured. */
export interface ServerCommand {
  readonly name: string;
  /** What stands before `--fd=FD --shared-dir=DIR --xattr`. */
  readonly command: Command;
}

/** A server that runs, with all that is to be asked of it. */
export interface Server {
  readonly name: string;
  readonly guest: Guest;
  readonly runs: ReadonlyMap<Operation, Run>;
}

/** Some of them. */
export class Guests implements AsyncDisposable {
  readonly libc: Libc<typeof LOAD_SYMBOLS> = openLibc(LOAD_SYMBOLS);
  readonly clock: Clock = new Clock(this.libc);
  readonly servers: Server[] = [];
  readonly #made = new BenchDirectory();
  #shares = 0;

  /** A directory with what the operations work on, and one for a socket. */
  makeShare(): [share: string, place: string] {
    // The paths are equally long.
    const place = `${this.#made.path}/${this.#shares++}`;
    const share = `${place}/share`;
    Deno.mkdirSync(share, { recursive: true });
    makeFiles(share);
    return [share, place];
  }

  /** Starts a server; returns when it has answered. */
  add({ name, command }: ServerCommand): void {
    const [share, place] = this.makeShare();
    const guest = startGuest(command, share, place);
    const runs = new Map(
      OPERATIONS.map((operation) => [operation, operation.prepare(guest.desk)]),
    );
    this.servers.push({ name, guest, runs });
  }

  /** CPU time of a server's processes until now, in ns. */
  cpu({ guest }: Server): number {
    return guest.pids.reduce((sum, pid) => sum + this.clock.cpu(pid), 0);
  }

  /** Binds this client and the servers, with all of their threads, to CPUs. */
  place(placement: Placement): void {
    const all = `0-${navigator.hardwareConcurrency - 1}`;
    const [client, servers] = {
      one: ["0", "0"],
      two: ["0", "1"],
      any: [all, all],
    }[placement] as [string, string];
    const put = (pid: number, cpus: string) => {
      const { success } = new Deno.Command("taskset", {
        args: ["-acp", cpus, String(pid)],
        stdin: "null",
        stdout: "null",
      }).outputSync();
      if (!success) throw new Error(`Cannot run on CPU ${cpus}`);
    };
    put(Deno.pid, client);
    for (const { guest } of this.servers) {
      for (const pid of guest.pids) put(pid, servers);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.servers.map(({ guest }) => guest.stop()));
    await this.#made[Symbol.asyncDispose]();
    this.libc.close();
  }
}
