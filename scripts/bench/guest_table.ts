/**
 * What the helpers needed for a guest's work, side by side.
 *
 * @module
 */
import { type Column, heading, row } from "../program/table.ts";
import { type Phase, PHASES, type PhaseTime } from "./guest.ts";
import { median } from "./statistics.ts";

/** One part of the work; seconds, medians of the runs. */
export interface GuestResult {
  readonly phase: Phase;
  readonly ours: Seconds;
  readonly theirs: Seconds;
  readonly wallRatio: number;
  readonly cpuRatio: number;
}

interface Seconds {
  readonly wall: number;
  readonly cpu: number;
  /** The part of `cpu` in user mode, 0 to 1. */
  readonly userPart: number;
}

type Runs = readonly (readonly PhaseTime[])[];

/** Compares runs that were made in turns: ratios are taken of each pair. */
export function compareGuests(ours: Runs, theirs: Runs): GuestResult[] {
  return PHASES.map((phase, at) => {
    const all = (runs: Runs, what: keyof Seconds) =>
      runs.map((run) => run[at]![what]);
    const seconds = (runs: Runs): Seconds => ({
      wall: median(all(runs, "wall")),
      cpu: median(all(runs, "cpu")),
      userPart: median(all(runs, "userPart")),
    });
    const ratio = (what: "wall" | "cpu") =>
      median(
        all(ours, what).map((value, run) => value / all(theirs, what)[run]!),
      );
    return {
      phase,
      ours: seconds(ours),
      theirs: seconds(theirs),
      wallRatio: ratio("wall"),
      cpuRatio: ratio("cpu"),
    };
  });
}

const right = (title: string, width: number): Column => ({
  title,
  width,
  align: "right",
});

const COLUMNS: readonly Column[] = [
  { title: "", width: 8 },
  right("wall s", 7),
  right("theirs", 7),
  right("ratio", 6),
  right("CPU s", 7),
  right("user", 5),
  right("theirs", 7),
  right("user", 5),
  right("ratio", 6),
];

/** As a table for the terminal. */
export function guestTable(results: readonly GuestResult[]): string {
  const percent = (part: number) => `${(part * 100).toFixed(0)} %`;
  return [
    heading(COLUMNS),
    ...results.map(({ phase, ours, theirs, wallRatio, cpuRatio }) =>
      row(COLUMNS, [
        phase,
        ours.wall.toFixed(1),
        theirs.wall.toFixed(1),
        wallRatio.toFixed(2),
        ours.cpu.toFixed(2),
        percent(ours.userPart),
        theirs.cpu.toFixed(2),
        percent(theirs.userPart),
        cpuRatio.toFixed(2),
      ])
    ),
  ].join("\n");
}
