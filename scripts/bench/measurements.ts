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
export function measureMix(
  arena: Arena,
  options: BenchOptions,
): MixResult[] {
  const contestants = arena.contestants("mix");
  const { length } = contestants[0]!.program.requests;
  const pauses = options.pauses.flatMap((microseconds): Pause[] => [
    { microseconds, how: "busy" },
    { microseconds, how: "idle" },
  ]);
  return [BACK_TO_BACK, ...pauses].map((pause) => ({
    pause,
    entries: compare(
      measure(arena.clock, contestants, pause, effort(options, length)),
    ),
  }));
}

/** Each kind of request that was asked for. */
export function measureKinds(
  arena: Arena,
  options: BenchOptions,
): KindResult[] {
  const wanted = (name: string) =>
    options.only.length === 0 ||
    options.only.some((start) => name.startsWith(start));
  const results = arena.kinds.filter(wanted).flatMap((name) =>
    compareKinds(
      measure(
        arena.clock,
        arena.contestants(name),
        BACK_TO_BACK,
        effort(options, REQUESTS),
      ),
    )
  );
  return results.toSorted((a, b) => kindIndex(a.kind) - kindIndex(b.kind));
}

function effort(options: BenchOptions, requests: number): Effort {
  return {
    rounds: options.rounds ?? (options.quick ? 10 : 40),
    requests: options.requests ?? requests,
    warmUp: 50,
  };
}
