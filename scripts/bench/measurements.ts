/**
 * The measurements of the mix and of each kind of request.
 *
 * @module
 */
import type { Arena } from "./arena.ts";
import { kindIndex } from "./mix.ts";
import type { BenchOptions } from "./options.ts";
import { BACK_TO_BACK, type Pause } from "./player.ts";
import {
  compare,
  compareKinds,
  type KindResult,
  type MixResult,
} from "./results.ts";
import { type Effort, measure } from "./rounds.ts";

/** Some milliseconds of one kind. */
const REQUESTS = 300;

/** The mix: all of it in each round, back to back and with each pause. */
export async function measureMix(
  arena: Arena,
  options: BenchOptions,
): Promise<MixResult[]> {
  const contestants = arena.contestants("mix");
  const { length } = contestants[0]!.program.requests;
  const pauses = options.pauses.flatMap((microseconds): Pause[] => [
    { microseconds, how: "busy" },
    { microseconds, how: "idle" },
  ]);
  const results: MixResult[] = [];
  for (const pause of [BACK_TO_BACK, ...pauses]) {
    const work = effort(options, length);
    const timings = await measure(arena.clock, contestants, pause, work);
    results.push({ pause, entries: compare(timings) });
  }
  return results;
}

/** Each kind of request that was asked for. */
export async function measureKinds(
  arena: Arena,
  options: BenchOptions,
): Promise<KindResult[]> {
  const wanted = (name: string) =>
    options.only.length === 0 ||
    options.only.some((start) => name.startsWith(start));
  const results: KindResult[] = [];
  for (const name of arena.kinds.filter(wanted)) {
    const contestants = arena.contestants(name);
    const work = effort(options, REQUESTS);
    results.push(
      ...compareKinds(
        await measure(arena.clock, contestants, BACK_TO_BACK, work),
      ),
    );
  }
  return results.toSorted((a, b) => kindIndex(a.kind) - kindIndex(b.kind));
}

function effort(options: BenchOptions, requests: number): Effort {
  return {
    rounds: options.rounds ?? (options.quick ? 10 : 40),
    requests: options.requests ?? requests,
    warmUp: 50,
  };
}
