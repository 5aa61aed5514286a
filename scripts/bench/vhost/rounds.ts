/**
 * Measures servers in turns: each round does each operation on all of them, so
 * that all see the same machine.
 *
 * @module
 */
import { letSignalsIn } from "../../program/clean_up.ts";
import type { Guests, Server } from "./guests.ts";
import type { Operation } from "./operations.ts";

/** What one server needed for one operation, round by round; in nanoseconds for each time. */
export interface Timings {
  readonly wall: Float64Array<ArrayBuffer>;
  /** CPU of the server. */
  readonly cpu: Float64Array<ArrayBuffer>;
}

/** Each operation, and what each of the servers needed for it, in their order. */
export type Results = ReadonlyMap<Operation, readonly Timings[]>;

/** The part of a turn that is done before it is measured: a server that slept wakes up, and begins to poll. */
const WARM_UP = 1 / 10;

/** Does `operations` in `rounds`. */
export async function measureOperations(
  guests: Guests,
  operations: readonly Operation[],
  rounds: number,
): Promise<Results> {
  const { servers } = guests;
  const results = new Map(operations.map((operation) => [
    operation,
    servers.map((): Timings => ({
      wall: new Float64Array(rounds),
      cpu: new Float64Array(rounds),
    })),
  ]));
  for (let round = 0; round < rounds; round++) {
    await letSignalsIn();
    for (const operation of operations) {
      for (let turn = 0; turn < servers.length; turn++) {
        // A load that comes and goes regularly does not always hit the same one.
        const at = (round + turn) % servers.length;
        const { wall, cpu } = results.get(operation)![at]!;
        [wall[round], cpu[round]] = time(guests, servers[at]!, operation);
      }
    }
  }
  return results;
}

function time(
  guests: Guests,
  server: Server,
  operation: Operation,
): [wall: number, cpu: number] {
  const { clock } = guests, { times } = operation;
  const { run, before } = server.runs.get(operation)!;
  let wall = 0, cpu = 0;
  const measure = (count: number) => {
    before?.();
    const cpuBefore = guests.cpu(server), started = clock.now();
    for (let i = 0; i < count; i++) run();
    wall += clock.now() - started;
    cpu += guests.cpu(server) - cpuBefore;
  };
  const steps = before === undefined ? 1 : times;
  for (let i = 0; i < Math.ceil(times * WARM_UP); i++) {
    before?.();
    run();
  }
  for (let step = 0; step < steps; step++) measure(times / steps);
  return [wall / times, cpu / times];
}
