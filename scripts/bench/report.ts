/**
 * Results as tables for a terminal.
 *
 * @module
 */
import { paint } from "../program/output.ts";
import { type Column, heading, row } from "../program/table.ts";
import type { ClientCost } from "./client_cost.ts";
import { isReached } from "./figures.ts";
import type { Pause } from "./player.ts";
import type { Memory, Rest } from "./resting.ts";
import type { Entry, Figure, KindResult, MixResult } from "./results.ts";
import type { StartResult } from "./start.ts";
import type { Spread } from "./statistics.ts";

const right = (title: string, width: number): Column => ({
  title,
  width,
  align: "right",
});

/** The table of single kinds; `total` is the weighted mean of each helper. */
export function kindTable(
  names: readonly string[],
  results: readonly KindResult[],
  total: readonly number[] | undefined,
): string {
  const columns: readonly Column[] = [
    { title: "request", width: 19 },
    ...names.map((name) => right(name, Math.max(7, name.length))),
    ...names.slice(0, -1).flatMap(() => [
      right("ratio", 6),
      right("middle half", 11),
      right("CPU", 5),
    ]),
  ];
  const lines = results.map(({ kind, entries }) =>
    row(columns, [
      kind,
      ...entries.map(({ roundTrip }) => roundTrip.median.toFixed(1)),
      ...entries.slice(0, -1).flatMap(({ ratio, cpuRatio }) => [
        ratio.median.toFixed(2),
        range(ratio),
        cpuRatio.median.toFixed(2),
      ]),
    ])
  );
  if (total !== undefined) {
    const reference = total.at(-1)!;
    const cells = [
      "weighted by the mix",
      ...total.map((mean) => mean.toFixed(1)),
      ...total.slice(0, -1).flatMap(
        (mean) => [(mean / reference).toFixed(2), "", ""],
      ),
    ];
    lines.push(paint("bold", row(columns, cells)));
  }
  return [heading(columns), ...lines].join("\n");
}

/** The tables of the mix: round trips, and the helpers' CPU. */
export function mixTable(
  names: readonly string[],
  results: readonly MixResult[],
): string {
  const first = [{ title: "pause", width: 12 }, nameColumn(names)];
  const table = (
    columns: readonly Column[],
    cells: (entry: Entry, compared: boolean) => readonly string[],
  ) =>
    [
      heading([...first, ...columns]),
      ...results.flatMap(({ pause, entries }) =>
        entries.map((entry, at) =>
          row([...first, ...columns], [
            at === 0 ? pauseName(pause) : "",
            names[at]!,
            ...cells(entry, at < entries.length - 1),
          ])
        )
      ),
    ].join("\n");
  const roundTrips = table(
    [
      right("µs", 7),
      right("median", 7),
      right("99 %", 7),
      right("late", 7),
      right("ratio", 6),
      right("middle half", 11),
    ],
    ({ roundTrip, p50, p99, late, roundTripRatio }, compared) => [
      ...[roundTrip.median, p50, p99].map((value) => value.toFixed(1)),
      `${(late * 100).toFixed(2)} %`,
      ...compared
        ? [roundTripRatio.median.toFixed(2), range(roundTripRatio)]
        : [],
    ],
  );
  const work = table(
    [right("CPU µs", 7), right("user", 5), right("ratio", 6)],
    ({ cpu, userPart, cpuRatio }, compared) => [
      cpu.toFixed(1),
      Number.isNaN(userPart) ? "" : `${(userPart * 100).toFixed(0)} %`,
      compared ? cpuRatio.median.toFixed(2) : "",
    ],
  );
  return `${roundTrips}\n\n${work}`;
}

/** What the client needs. */
export function clientTable({ alone, echo, polling }: ClientCost): string {
  return spreads("µs", [
    ["the client reads what it wrote", alone],
    ["a C program sends it back (cat)", echo],
    ["one that never sleeps does", polling],
  ]);
}

/** How long the ways to start take. */
export function startTable(results: readonly StartResult[]): string {
  return spreads(
    "ms",
    results.flatMap(({ name, times, cpu }) => [
      [name, times] as const,
      ["  of CPU", cpu] as const,
    ]),
  );
}

function spreads(
  unit: string,
  lines: readonly (readonly [string, Spread])[],
): string {
  const columns = [
    nameColumn(lines.map(([name]) => name)),
    right(unit, 7),
    right("middle half", 13),
  ];
  return [
    heading(columns),
    ...lines.map(([name, { median, low, high }]) =>
      row(columns, [
        name,
        median.toFixed(1),
        `${low.toFixed(1)} – ${high.toFixed(1)}`,
      ])
    ),
  ].join("\n");
}

/** Resident memory, in millions of bytes. */
export function memoryTable(
  names: readonly string[],
  results: readonly Memory[],
): string {
  const columns = [
    nameColumn(names),
    right("at start", 8),
    right("RSS MB", 7),
    right("no file's", 9),
    right("growth", 7),
  ];
  return [
    heading(columns),
    ...results.map(({ atStart, after, anonymous, growth }, at) =>
      row(columns, [
        names[at]!,
        ...[atStart, after, anonymous].map((value) => value.toFixed(1)),
        growth.toFixed(2),
      ])
    ),
  ].join("\n");
}

/** What helpers do while nobody asks. */
export function restTable(
  names: readonly string[],
  results: readonly Rest[],
): string {
  const columns = [
    nameColumn(names),
    right("seconds", 7),
    right("CPU s", 8),
    right("wake-ups/s", 10),
  ];
  return [
    heading(columns),
    ...results.map(({ seconds, cpuSeconds, wakeUps }, at) =>
      row(columns, [
        names[at]!,
        String(seconds),
        cpuSeconds.toFixed(4),
        wakeUps.toFixed(2),
      ])
    ),
  ].join("\n");
}

const FIGURE_COLUMNS: readonly Column[] = [
  { title: "", width: 40 },
  right("at most", 8),
  right("measured", 9),
  { title: "", width: 12 },
];

/** What was to be reached, and what was. */
export function figureTable(figures: readonly Figure[]): string {
  return [
    heading(FIGURE_COLUMNS),
    ...figures.map((figure) => {
      const { what, limit, value, unit, note = "" } = figure;
      const shown = (value: number) =>
        `${value.toFixed(unit === "ms" ? 0 : 2)} ${unit}`;
      const reached = isReached(figure);
      const line = row(FIGURE_COLUMNS, [
        what,
        shown(limit),
        value === undefined ? "–" : shown(value),
        reached === undefined
          ? "not measured"
          : reached
          ? "reached"
          : "not reached",
      ]) + (note === "" ? "" : `\n    ${note}`);
      return reached === false ? paint("red", line) : line;
    }),
  ].join("\n");
}

function nameColumn(names: readonly string[]): Column {
  return { title: "", width: Math.max(...names.map(({ length }) => length)) };
}

/** A pause in words. */
export function pauseName({ microseconds, how }: Pause): string {
  return microseconds === 0 ? "none" : `${microseconds} µs ${how}`;
}

/** The middle half of what was measured. */
export function range({ low, high }: Spread): string {
  return `${low.toFixed(2)} – ${high.toFixed(2)}`;
}
