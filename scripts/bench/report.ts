/**
 * Results as tables for a terminal.
 *
 * @module
 */
import { type Column, table } from "../program/table.ts";
import type { Pause } from "./driver.ts";
import type { KindResult, MixEntry, MixResult } from "./measurements.ts";
import type { MemoryResult } from "./memory.ts";
import type { StartResult } from "./start.ts";
import type { Spread } from "./statistics.ts";

export const right = (title: string, width: number): Column => ({
  title,
  width,
  align: "right",
});

/** The table of single kinds: times of all, and the ratios of all but the reference. */
export function kindTable(
  names: readonly string[],
  results: readonly KindResult[],
): string {
  const columns: readonly Column[] = [
    { title: "request", width: 19 },
    ...names.map((name) => right(name, Math.max(7, name.length))),
    ...names.slice(0, -1).flatMap(() => [
      right("ratio", 6),
      right("middle half", 11),
    ]),
  ];
  return table(
    columns,
    results.map(({ kind, entries }) => [
      kind,
      ...entries.map(({ roundTrip }) => roundTrip.median.toFixed(1)),
      ...entries.slice(0, -1).flatMap(({ ratio }) => told(ratio)),
    ]),
  );
}

/** The tables of the mix: round trips, and the helpers' CPU. */
export function mixTable(
  names: readonly string[],
  results: readonly MixResult[],
): string {
  const mixed = (
    columns: readonly Column[],
    cells: (entry: MixEntry, isReference: boolean) => readonly string[],
  ) =>
    table(
      [{ title: "CPUs", width: 4 }, { title: "pause", width: 12 }, {
        title: "",
        width: longest(names),
      }, ...columns],
      results.flatMap(({ placement, pause, entries }) =>
        entries.map((entry, at) => [
          at === 0 ? placement : "",
          at === 0 ? pauseName(pause) : "",
          names[at]!,
          ...cells(entry, at === entries.length - 1),
        ])
      ),
    );
  const roundTrips = mixed(
    [
      right("µs", 7),
      right("99 %", 7),
      right("late", 7),
      right("ratio", 6),
      right("middle half", 11),
    ],
    ({ roundTrip, p99, late, roundTripRatio }, isReference) => [
      ...[roundTrip.median, p99].map((value) => value.toFixed(1)),
      `${(late * 100).toFixed(2)} %`,
      ...isReference ? [] : told(roundTripRatio),
    ],
  );
  const work = mixed(
    [right("CPU µs", 7), right("ratio", 6)],
    ({ cpu, cpuRatio }, isReference) => [
      cpu.toFixed(1),
      isReference ? "" : cpuRatio.median.toFixed(2),
    ],
  );
  return `${roundTrips}\n\n${work}`;
}

/** How long the ways to start take, in milliseconds. */
export function startTable(results: readonly StartResult[]): string {
  return table(
    [
      { title: "", width: longest(results.map(({ name }) => name)) },
      right("wall", 7),
      right("middle half", 13),
      right("CPU", 7),
      right("middle half", 13),
    ],
    results.map(({ name, times, cpu }) => [
      name,
      ...told(times, 1),
      ...told(cpu, 1),
    ]),
  );
}

/** Memory in millions of bytes, at each time in a row of its own. */
export function memoryTable(
  names: readonly string[],
  results: readonly MemoryResult[],
): string {
  const times = [
    ["after the start", "started"],
    ["after the load", "loaded"],
    ["after as much again", "loadedTwice"],
  ] as const;
  return table(
    [
      { title: "", width: longest(names) },
      { title: "", width: 19 },
      right("RSS", 6),
      right("PSS", 6),
      right("no file's", 9),
    ],
    results.flatMap((result, at) =>
      times.map(([title, time], row) => {
        const { rss, pss, anonymous } = result[time];
        const cells = [rss, pss, anonymous].map((value) => value.toFixed(1));
        return [row === 0 ? names[at]! : "", title, ...cells];
      })
    ),
  );
}

function longest(names: readonly string[]): number {
  return Math.max(...names.map(({ length }) => length));
}

/** A pause in words. */
function pauseName({ microseconds, how }: Pause): string {
  return microseconds === 0 ? "none" : `${microseconds} µs ${how}`;
}

/** A median, and the middle half of what was measured. */
export function told({ median, low, high }: Spread, digits = 2): string[] {
  return [
    median.toFixed(digits),
    `${low.toFixed(digits)} – ${high.toFixed(digits)}`,
  ];
}
