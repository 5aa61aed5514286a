/**
 * Measures helpers in turns: all are alive all the time, and each short round
 * asks one after the other, each of them first in its turn. What disturbs the
 * machine for longer than a round disturbs all.
 *
 * @module
 */
import { letSignalsIn } from "../program/clean_up.ts";
import type { Clock } from "./clock.ts";
import { KINDS } from "./mix.ts";
import { Driver, type Pause, type Samples, type Target } from "./driver.ts";
import { median } from "./statistics.ts";

/** How much is asked. */
export interface Effort {
  readonly rounds: number;
  /** Measured requests of one helper in one round. */
  readonly requests: number;
  /** Requests before them that are not measured: the helper has slept meanwhile, and begins to poll again. */
  readonly warmUp: number;
}

/** What one helper needed in one workload, round by round; in nanoseconds a request. */
export interface Timings {
  /** Of all counted requests. */
  readonly all: Float64Array<ArrayBuffer>;
  /** By kind; undefined for what the workload does not ask. */
  readonly kinds: readonly (Float64Array<ArrayBuffer> | undefined)[];
  /** CPU of the helper, of every measured request, counted or not. */
  readonly cpu: Float64Array<ArrayBuffer>;
  /** Every single counted round trip, for quantiles. */
  readonly single: Float64Array<ArrayBuffer>;
  /** The part of them that was {@linkcode limits | too late}, 0 to 1. */
  readonly late: number;
}

/** What one helper has done in one round. */
interface Round {
  readonly took: Float64Array<ArrayBuffer>;
  readonly kinds: Uint8Array<ArrayBuffer>;
  readonly cpu: number;
}

/** Asks all `targets` in turns; resolves to the timings of each. */
export async function measure(
  clock: Clock,
  targets: readonly Target[],
  pause: Pause,
  effort: Effort,
): Promise<Timings[]> {
  const drivers = targets.map((target) => new Driver(clock, target, pause));
  const rounds = drivers.map((): Round[] => []);
  for (let round = 0; round < effort.rounds; round++) {
    await letSignalsIn();
    for (let turn = 0; turn < drivers.length; turn++) {
      // A load that comes and goes regularly does not always hit the same one.
      const at = (round + turn) % drivers.length;
      drivers[at]!.run(effort.warmUp);
      rounds[at]!.push(
        toRound(drivers[at]!.run(effort.requests), effort.requests),
      );
    }
  }
  for (const driver of drivers) driver.finish();
  const late = limits(rounds.flat());
  return rounds.map((rounds) => timings(rounds, late));
}

function toRound({ took, kinds, count, cpu }: Samples, asked: number): Round {
  return {
    took: took.slice(0, count),
    kinds: kinds.slice(0, count),
    cpu: cpu / asked,
  };
}

/** In nanoseconds, and as a multiple of the kind's median. */
const LATE = 1e6, LATE_TIMES = 20;

/**
 * For each kind, the time from which on a round trip is late: another process
 * has had the CPU for a time slice meanwhile. Late round trips are left out of
 * the means, and counted, so that a helper that is slow by itself is seen. NaN
 * for a kind that was not asked.
 */
function limits(rounds: readonly Round[]): number[] {
  return KINDS.map((_, kind) =>
    Math.max(LATE, LATE_TIMES * median(ofKind(rounds, kind)))
  );
}

function ofKind(rounds: readonly Round[], kind: number): number[] {
  return rounds.flatMap(({ took, kinds }) =>
    Array.from(took).filter((_, n) => kinds[n] === kind)
  );
}

function timings(
  rounds: readonly Round[],
  late: readonly number[],
): Timings {
  const mean = (kind?: number) =>
    Float64Array.from(rounds, ({ took, kinds }) => {
      const inTime = took.filter((time, n) =>
        (kind === undefined || kinds[n] === kind) && time <= late[kinds[n]!]!
      );
      return inTime.reduce((sum, time) => sum + time, 0) / inTime.length;
    });
  const single = Float64Array.from(
    rounds.flatMap(({ took }) => Array.from(took)),
  );
  const lateCount = rounds.reduce(
    (sum, { took, kinds }) =>
      sum + took.filter((time, n) => time > late[kinds[n]!]!).length,
    0,
  );
  return {
    all: mean(),
    kinds: KINDS.map((_, kind) =>
      Number.isNaN(late[kind]) ? undefined : mean(kind)
    ),
    cpu: Float64Array.from(rounds, ({ cpu }) => cpu),
    single,
    late: lateCount / single.length,
  };
}
