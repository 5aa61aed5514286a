/**
 * Results as tables.
 *
 * @module
 */
import { type Column, table } from "../../program/table.ts";
import type { Memory } from "../memory.ts";
import { right, told } from "../report.ts";
import { ratio, type Spread, spread } from "../statistics.ts";
import type { Results, Timings } from "./rounds.ts";

const OPERATIONS: readonly Column[] = [
  { title: "operation", width: 24 },
  right("ours", 6),
  right("theirs", 6),
  right("ratio", 5),
  right("middle half", 11),
  right("unpolled", 8),
  right("its CPU", 7),
];

/** Times and ratios of all operations, and their geometric means. The servers are ours, the same unpolled, theirs. */
export function operationTable(results: Results): string {
  const rows = [...results].map(([{ name }, [ours, unpolled, theirs]]) => [
    name,
    microseconds(ours!.wall),
    microseconds(theirs!.wall),
    ...told(ratio(ours!.wall, theirs!.wall)),
    ratio(unpolled!.wall, theirs!.wall).median.toFixed(2),
    ratio(unpolled!.cpu, theirs!.cpu).median.toFixed(2),
  ]);
  const mean = (server: number, what: keyof Timings) =>
    meanRatio([...results.values()].map((timings) => [
      timings[server]![what],
      timings.at(-1)![what],
    ]));
  return table(OPERATIONS, [...rows, [
    "geometric mean",
    "",
    "",
    ...told(mean(0, "wall")),
    mean(1, "wall").median.toFixed(2),
    mean(1, "cpu").median.toFixed(2),
  ]]);
}

/** The geometric mean of the ratios of all pairs, round by round. */
function meanRatio(
  pairs: readonly (readonly [Float64Array, Float64Array])[],
): Spread {
  const rounds = pairs[0]?.[0].length ?? 0;
  return spread(Array.from({ length: rounds }, (_, round) => {
    const sum = pairs.reduce(
      (sum, [ours, theirs]) => sum + Math.log(ours[round]! / theirs[round]!),
      0,
    );
    return Math.exp(sum / pairs.length);
  }));
}

function microseconds(nanoseconds: Float64Array): string {
  return (spread(nanoseconds).median / 1000).toFixed(1);
}

/** What servers take without being asked. */
export function processTable(
  names: readonly string[],
  started: readonly Memory[],
  loaded: readonly Memory[],
  idle: readonly number[],
): string {
  const memory = ({ rss, pss, anonymous }: Memory) =>
    [rss, pss, anonymous].map((value) => value.toFixed(1));
  return table(
    [
      { title: "", width: 8 },
      right("RSS", 6),
      right("PSS", 6),
      right("no file's", 9),
      right("loaded", 6),
      right("PSS", 6),
      right("no file's", 9),
      right("idle CPU", 8),
    ],
    names.map((name, at) => [
      name,
      ...memory(started[at]!),
      ...memory(loaded[at]!),
      idle[at]!.toFixed(2),
    ]),
  );
}
