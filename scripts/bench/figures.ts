/**
 * The figures that this helper is to reach, and whether it does.
 *
 * @module
 */
import { type Figure, type Results, weighted } from "./results.ts";

const OURS = 0, UNPOLLED = 1;

/** The figures, of a run with these helpers: ours, ours without polling, the reference. */
export function figures(results: Results): Figure[] {
  const { mix = [], kinds = [], memory, rest, start = [], guest } = results;
  const total = weighted(kinds);
  const of = (helper: number) =>
    total === undefined ? undefined : total[helper]! / total.at(-1)!;
  const entry = (
    microseconds: number,
    how: "busy" | "idle",
    helper: number,
  ) =>
    mix.find(({ pause }) =>
      pause.microseconds === microseconds && pause.how === how
    )?.entries[helper];
  const trip = (pause: number, how: "busy" | "idle", helper: number) =>
    entry(pause, how, helper)?.roundTripRatio.median;
  const cpu = (helper: number) => entry(0, "busy", helper)?.cpuRatio.median;
  const worst = kinds.length === 0
    ? undefined
    : kinds.reduce((a, b) =>
      b.entries[OURS]!.ratio.median > a.entries[OURS]!.ratio.median ? b : a
    );
  const over =
    kinds.filter(({ entries }) => entries[OURS]!.ratio.median > SINGLE).length;
  const resting = rest?.[OURS];
  // Of the bundle, where there is one: that is what a package has.
  const started = start.findLast(({ name }) =>
    name.startsWith("ours, warm, deno run")
  );
  return [
    figure("mix, back to back: kinds, weighted", 0.70, of(OURS)),
    figure("mix, back to back: as played", 0.70, trip(0, "busy", OURS)),
    figure("mix, 50 µs pauses, busy", 0.65, trip(50, "busy", OURS)),
    figure("mix, 50 µs pauses, idle", 0.65, trip(50, "idle", OURS)),
    figure("mix, polling off: kinds, weighted", 1.00, of(UNPOLLED)),
    figure("mix, polling off: as played", 1.00, trip(0, "busy", UNPOLLED)),
    figure(
      "worst single request",
      SINGLE,
      worst?.entries[OURS]?.ratio.median,
      "×",
      worst && `${worst.kind}; ${over} of ${kinds.length} over ${SINGLE}`,
    ),
    figure("CPU per request, back to back", 1.4, cpu(OURS)),
    figure("CPU per request, polling off", 1.1, cpu(UNPOLLED)),
    figure("RSS after the load", 48, memory?.[OURS]?.after, "MB"),
    figure("growth over as much again", 0.5, memory?.[OURS]?.growth, "MB"),
    figure(
      "CPU of a minute's rest",
      REST,
      resting?.cpuSeconds,
      "s",
      resting && `${resting.wakeUps.toFixed(2)} wake-ups a second`,
    ),
    figure(
      "start to first answer, warm, deno run",
      60,
      started?.times.median,
      "ms",
      started?.name,
    ),
    figure("guest: CPU of git add of 2,000 files", 1.1, guest),
  ];
}

const SINGLE = 0.95;
/** Shown as 0.00. */
const REST = 0.0049;

/** Whether it is reached; undefined where it was not measured. */
export function isReached({ value, limit }: Figure): boolean | undefined {
  return value === undefined ? undefined : value <= limit;
}

function figure(
  what: string,
  limit: number,
  value: number | undefined,
  unit: Figure["unit"] = "×",
  note?: string,
): Figure {
  return { what, limit, value, unit, ...note === undefined ? {} : { note } };
}
