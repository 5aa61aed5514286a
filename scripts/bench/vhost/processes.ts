/**
 * How long servers take to start, what memory they take, and what they use while
 * nothing is asked.
 *
 * @module
 */
import { type Memory, memoryReader } from "../memory.ts";
import type { StartResult } from "../start.ts";
import { spread } from "../statistics.ts";
import { startMount } from "./guest.ts";
import type { Guests, ServerCommand } from "./guests.ts";

/** Starts each server in turns, `rounds` times, up to the answer to INIT. */
export async function measureStarts(
  guests: Guests,
  commands: readonly ServerCommand[],
  rounds: number,
): Promise<StartResult[]> {
  const times = commands.map(() => new Float64Array(rounds));
  const cpus = commands.map(() => new Float64Array(rounds));
  const { clock } = guests;
  const [share, place] = guests.makeShare();
  for (let round = -1; round < rounds; round++) {
    for (const [at, { command }] of commands.entries()) {
      const start = clock.now();
      const { pids, stop } = startMount(command, share, place);
      const took = clock.now() - start;
      const cpu = pids.reduce((sum, pid) => sum + clock.cpu(pid), 0);
      await stop();
      // The first round fills the caches.
      if (round < 0) continue;
      times[at]![round] = took / 1e6;
      cpus[at]![round] = cpu / 1e6;
    }
  }
  return commands.map(({ name }, at) => ({
    name,
    times: spread(times[at]!),
    cpu: spread(cpus[at]!),
  }));
}

/** The memory of each server, of all of its processes. */
export function memoryOfServers({ servers }: Guests): Memory[] {
  using reader = memoryReader();
  return servers.map(({ guest }) =>
    guest.pids.map(reader.look).reduce((one, other) => ({
      rss: one.rss + other.rss,
      pss: one.pss + other.pss,
      anonymous: one.anonymous + other.anonymous,
    }))
  );
}

/** CPU of each server in `seconds` in which nothing is asked, in ms. */
export async function measureIdle(
  guests: Guests,
  seconds: number,
): Promise<number[]> {
  // What follows a load is over by then.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const before = guests.servers.map((server) => guests.cpu(server));
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  return guests.servers.map((server, at) =>
    (guests.cpu(server) - before[at]!) / 1e6
  );
}
