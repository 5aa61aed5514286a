/**
 * All shares, a line each.
 *
 * @module
 */
import { bar } from "./bars.ts";
import { cell, clock, type Frame, path, spread, stateOf } from "./frame.ts";
import { bytes, count, duration, percent, perSecond } from "./numbers.ts";
import {
  hasEnded,
  hasSeriousErrors,
  isLost,
  type Row,
  type Sort,
} from "./rows.ts";
import { fitEnd, type Line, type Piece, piece, type Style } from "./text.ts";

interface Column {
  readonly title: string;
  readonly width: number;
  /** The terminal's columns from which on it is shown. */
  readonly from: number;
  readonly sort?: Sort;
  readonly text: (row: Row) => string;
  readonly style?: (row: Row) => Style;
}

const REQUESTS: Column = {
  title: "REQ/S",
  width: 7,
  from: 0,
  sort: "requests",
  text: ({ rates }) => count(rates?.requests),
  style: () => "bold",
};

/** Those to the right of the bar. */
const COLUMNS: readonly Column[] = [
  {
    title: "P99",
    width: 7,
    from: 56,
    sort: "latency",
    text: ({ rates }) => duration(rates?.p99),
  },
  {
    title: "ERR/S",
    width: 6,
    from: 64,
    sort: "errors",
    text: ({ rates }) => count(rates?.errors),
    style: (row) => hasSeriousErrors(row) ? "red" : "plain",
  },
  {
    title: "READ/S",
    width: 7,
    from: 0,
    sort: "bytes",
    text: ({ rates }) => bytes(rates?.read),
  },
  {
    title: "WRITE/S",
    width: 7,
    from: 0,
    sort: "bytes",
    text: ({ rates }) => bytes(rates?.written),
  },
  {
    title: "BUSY",
    width: 5,
    from: 92,
    text: ({ rates }) => percent(rates?.working),
  },
  {
    title: "POLLS",
    width: 5,
    from: 100,
    text: ({ rates }) => percent(rates?.polling),
  },
  {
    title: "INODES",
    width: 7,
    from: 110,
    sort: "inodes",
    text: ({ figures }) => count(figures?.inodes),
  },
  {
    title: "DESCR.",
    width: 7,
    from: 120,
    sort: "descriptors",
    text: ({ figures }) => count(figures?.descriptors),
  },
  {
    title: "HELPER",
    width: 6,
    from: 130,
    text: ({ figures }) =>
      /^virtfs-(\w{1,5})-helper$/.exec(figures?.program ?? "")?.[1] ?? "?",
  },
];

/** Rates are a difference between two states. */
const WAITING: Line = [
  piece("What happens by the second is known when helpers write anew.", "dim"),
];

/** The mark of a row, its number and the blank between. */
const LEAD = 5;

/** The lines above the rows: what is watched, all together, and titles. */
export function overviewHead(
  rows: readonly Row[],
  places: readonly string[],
  sort: Sort,
  frame: Frame,
): Line[] {
  const sum = (pick: (row: Row) => number | undefined) => {
    const known = rows.map(pick).filter((value) => value !== undefined);
    return known.length === 0
      ? undefined
      : known.reduce((sum, value) => sum + value, 0);
  };
  const waiting = rows.length > 0 && rows.every(({ rates }) => !rates) &&
    !rows.every(isLost);
  const ended = rows.filter(hasEnded).length;
  const shares = (rows.length === 1 ? "1 share" : `${rows.length} shares`) +
    (ended > 0 ? `, ${ended} ended` : "");
  const titles: Piece[] = [
    piece("  # ", "dim"),
    cell("SHARE", nameWidth(frame) + 1, titleStyle("name", sort), "left"),
    piece(" "),
    titleOf(REQUESTS, sort),
    piece(" ".repeat(barWidth(frame) + 1)),
    ...columnsIn(frame).flatMap((column) => [
      piece(" "),
      titleOf(column, sort),
    ]),
  ];
  return [
    spread(
      [
        piece("virtfs-top", "bold"),
        piece(`  ${places.map(path).join("  ")}`, "dim"),
      ],
      clock(frame),
      frame.width,
    ),
    waiting ? [piece(`${shares}   `), ...WAITING] : [
      piece(`${shares}   `),
      piece(count(sum(({ rates }) => rates?.requests)), "bold"),
      piece(" requests/s   "),
      piece(count(sum(({ rates }) => rates?.errors))),
      piece(" errors/s   read "),
      piece(perSecond(bytes(sum(({ rates }) => rates?.read)))),
      piece("   written "),
      piece(perSecond(bytes(sum(({ rates }) => rates?.written)))),
    ],
    [],
    titles,
  ];
}

/** A row as a line; `number` is what opens it. */
export function overviewRow(
  row: Row,
  number: number,
  most: number,
  frame: Frame,
): Line {
  const width = nameWidth(frame);
  const lost = isLost(row);
  const quiet = !lost && row.rates?.requests === 0;
  const lead: Piece[] = [
    lost
      ? piece("x", hasEnded(row) && !row.entry.dead ? "dim" : "red")
      : row.weak.length > 0
      ? piece("!", "yellow")
      : piece(" "),
    cell(String(number), LEAD - 2, "dim"),
    piece(" "),
    piece(fitEnd(row.name, width), quiet || hasEnded(row) ? "dim" : "plain"),
    piece(" "),
  ];
  if (lost) return [...lead, ...stateOf(row, frame)];
  const { rates } = row;
  const styleOf = ({ style }: Column): Style =>
    quiet ? "dim" : style?.(row) ?? "plain";
  return [
    ...lead,
    cell(REQUESTS.text(row), REQUESTS.width, styleOf(REQUESTS)),
    piece(" "),
    piece(
      bar(
        most > 0 ? (rates?.requests ?? 0) / most : 0,
        barWidth(frame),
        frame.blocks,
      ),
      "bar",
    ),
    ...columnsIn(frame).flatMap((column) => [
      piece(" "),
      cell(column.text(row), column.width, styleOf(column)),
    ]),
  ];
}

/** What a mark before a row means, for those that are there. */
export function legend(rows: readonly Row[]): Line[] {
  const weak = rows.filter((row) => row.weak.length > 0 && !isLost(row)).length;
  return weak === 0 ? [] : [
    [
      piece("!", "yellow"),
      piece(
        ` the jail of ${
          weak === 1 ? "this one" : `these ${weak}`
        } is weaker than it can be: open one to see where`,
        "dim",
      ),
    ],
  ];
}

function columnsIn({ width }: Frame): Column[] {
  return COLUMNS.filter(({ from }) => width >= from);
}

/** What is left for names and bars. */
function room(frame: Frame): number {
  const taken = columnsIn(frame).reduce((sum, { width }) => sum + width + 1, 0);
  return Math.max(8, frame.width - taken - LEAD - 1 - REQUESTS.width - 1);
}

function nameWidth(frame: Frame): number {
  return Math.floor(room(frame) * (frame.width < 64 ? 1 : 0.65));
}

function barWidth(frame: Frame): number {
  return room(frame) - nameWidth(frame);
}

function titleOf({ title, width, sort: own }: Column, sort: Sort): Piece {
  return cell(title, width, own ? titleStyle(own, sort) : "dim");
}

function titleStyle(own: Sort, sort: Sort): Style {
  return own === sort ? "bold" : "dim";
}
