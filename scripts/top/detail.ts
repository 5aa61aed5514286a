/**
 * One share in detail.
 *
 * @module
 */
import { wrap } from "../program/output.ts";
import { bar, heights } from "./bars.ts";
import { type Figures, total } from "./figures.ts";
import { cell, clock, type Frame, path, spread, stateOf } from "./frame.ts";
import {
  bytes,
  count,
  duration,
  percent,
  perSecond,
  UNKNOWN,
} from "./numbers.ts";
import { failureKey, quantile } from "./rates.ts";
import { isSerious, type Row } from "./rows.ts";
import {
  cutLine,
  fit,
  fitEnd,
  type Line,
  type Piece,
  piece,
  shown,
  widthOf,
} from "./text.ts";

/** Widths of the first table's columns: what, now, since the start. */
const LABEL = 11, NOW = 10, SINCE = 13;
/** Where what stands to the right of it begins. */
const RIGHT = LABEL + NOW + SINCE + 3;
/** How many lines of errors stand there. */
const ERRORS_BESIDE = 6;

/** Its name, its program, and what state it is in. */
export function detailHead(row: Row, frame: Frame): Line[] {
  const { figures } = row;
  const program = figures === undefined
    ? ""
    : shown(`${figures.program} ${figures.version}`);
  const right = fit(program, Math.min(40, widthOf(program)));
  const room = Math.max(1, frame.width - widthOf(right) - 2);
  return [
    spread(
      [piece(fitEnd(row.name, room).trimEnd(), "bold")],
      [piece(right)],
      frame.width,
    ),
    spread(
      [
        ...stateOf(row, frame),
        piece(`   ${path(row.entry.path)}`, "dim"),
      ],
      clock(frame),
      frame.width,
    ),
    [],
  ];
}

/** All the figures, in as many lines as it takes. */
export function detailBody(row: Row, frame: Frame): Line[] {
  const { figures } = row;
  if (figures === undefined) return [];
  const errors = errorLines(row, figures, frame.width - RIGHT);
  const beside = errors.slice(0, ERRORS_BESIDE);
  if (errors.length > ERRORS_BESIDE) {
    const more = errors.length - ERRORS_BESIDE + 1;
    beside[ERRORS_BESIDE - 1] = [
      piece(`and ${more} more, listed below`, "dim"),
    ];
  }
  return [
    ...summary(row, figures, beside, frame),
    [],
    ...kinds(row, figures, frame),
    ...errors.length > ERRORS_BESIDE
      ? [[], [piece("ERRORS", "dim")], ...errorLines(row, figures, frame.width)]
      : [],
  ].map((line) => cutLine(line, frame.width));
}

function summary(
  row: Row,
  figures: Figures,
  errors: readonly Line[],
  frame: Frame,
): Line[] {
  const { rates, entry } = row;
  const right = Math.max(0, frame.width - RIGHT);
  const { start, working, polling, jail } = figures;
  const up = start === undefined
    ? undefined
    : Math.max(1, entry.track!.written / 1000 - start);
  const partOf = (seconds: number | undefined) =>
    seconds === undefined || up === undefined
      ? undefined
      : Math.min(1, seconds / up);
  const longest = [...figures.durations.values()]
    .map(({ longest }) => longest ?? 0);
  const line = (
    label: string,
    now: string,
    since: string,
    beside: Line = [],
  ): Line => [
    cell(label, LABEL, "dim", "left"),
    cell(now, NOW, "bold"),
    cell(since, SINCE),
    piece("   "),
    ...beside,
  ];
  const level = (
    part: number | undefined,
    label: string,
    figure: number | undefined,
  ): Line => [
    piece(bar(part ?? 0, Math.max(0, right - 24), frame.blocks), "bar"),
    piece("  "),
    cell(label, 12, "dim", "left"),
    cell(count(figure), 10),
  ];
  const fails = figures.failures.map(({ count }) => count);
  return [
    [
      cell("", LABEL),
      cell("NOW", NOW, "dim"),
      cell("SINCE START", SINCE, "dim"),
    ],
    line(
      "requests",
      perSecond(count(rates?.requests)),
      count(total(figures.requests.values())),
      [
        piece(
          heights(entry.track!.requests, right, frame.blocks),
          "bar",
        ),
      ],
    ),
    line(
      "errors",
      perSecond(count(rates?.errors)),
      count(total(fails)),
      errors[0],
    ),
    line(
      "read",
      perSecond(bytes(rates?.read)),
      bytes(figures.read),
      errors[1],
    ),
    line(
      "written",
      perSecond(bytes(rates?.written)),
      bytes(figures.written),
      errors[2],
    ),
    line(
      "p50",
      duration(rates?.median),
      duration(quantile(figures.buckets, 0.5)),
      errors[3],
    ),
    line(
      "p99",
      duration(rates?.p99),
      duration(quantile(figures.buckets, 0.99)),
      errors[4],
    ),
    line(
      "longest",
      "",
      longest.length === 0 ? UNKNOWN : duration(Math.max(...longest)),
      errors[5],
    ),
    line(
      "busy",
      percent(rates?.working),
      percent(partOf(working)),
      level(rates?.working, "inodes", figures.inodes),
    ),
    line(
      "polling",
      percent(rates?.polling),
      percent(partOf(polling)),
      level(rates?.polling, "descriptors", figures.descriptors),
    ),
    ...jailLines(row, jail.size, frame),
  ];
}

/** Whether all properties of the jail hold, and which do not. */
function jailLines(
  { weak }: Row,
  properties: number,
  { width }: Frame,
): Line[] {
  const text = properties === 0
    ? UNKNOWN
    : weak.length === 0
    ? `all ${properties} properties hold`
    : `weaker than it can be: ${weak.join("; ")}`;
  return wrap(text, Math.max(20, width - LABEL)).map((line, i) => [
    cell(i === 0 ? "jail" : "", LABEL, "dim", "left"),
    piece(line, weak.length > 0 ? "yellow" : "plain"),
  ]);
}

/** The errors that there were, the most frequent first. */
function errorLines(
  { rates }: Row,
  { failures }: Figures,
  width: number,
): Line[] {
  return failures.filter(({ count }) => count > 0)
    .map((failure) => ({
      ...failure,
      rate: rates?.failures.get(failureKey(failure.request, failure.errno)),
    }))
    .sort((a, b) => (b.rate ?? 0) - (a.rate ?? 0) || b.count - a.count)
    .map(({ errno, request, rate, count: since }): Line => {
      const name = Math.min(26, Math.max(8, width - 9 - 8 - 2));
      return cutLine([
        cell(`${shown(errno)} ${shown(request)}`, name, "plain", "left"),
        piece(" "),
        cell(
          perSecond(count(rate)),
          9,
          !rate ? "dim" : isSerious(errno) ? "red" : "plain",
        ),
        piece(" "),
        cell(count(since), 8, "dim"),
      ], Math.max(0, width));
    });
}

/** Widths of the columns of kinds. */
const KIND = 16, RATE = 8, TIME = 8;

/** The kinds of requests that there were, the most frequent now first. */
function kinds(row: Row, figures: Figures, { width, blocks }: Frame): Line[] {
  const { rates } = row;
  const barWidth = Math.max(0, width - KIND - RATE - 2 - 4 * (TIME + 1));
  const found = [...figures.requests].filter(([, count]) => count > 0)
    .map(([request, count]) => ({
      request,
      count,
      rate: rates?.kinds.get(request),
      since: figures.durations.get(request),
    }))
    .sort((a, b) =>
      (b.rate?.perSecond ?? 0) - (a.rate?.perSecond ?? 0) || b.count - a.count
    );
  const most = Math.max(0, ...found.map(({ rate }) => rate?.perSecond ?? 0));
  const times = (texts: readonly string[], style: Piece["style"]) =>
    texts.flatMap((text) => [piece(" "), cell(text, TIME, style)]);
  return [
    [
      cell("", KIND),
      cell("NOW", RATE, "dim"),
      piece(" ".repeat(barWidth + 2 + TIME + 1)),
      cell("SINCE START", 3 * TIME + 2, "dim"),
    ],
    [
      cell("REQUEST", KIND, "dim", "left"),
      cell("PER SEC.", RATE, "dim"),
      piece(" ".repeat(barWidth + 2)),
      ...times(["AVERAGE", "P50", "P99", "LONGEST"], "dim"),
    ],
    ...found.map(({ request, rate, since }): Line => {
      const quiet = !rate?.perSecond;
      return [
        cell(shown(request), KIND, quiet ? "dim" : "plain", "left"),
        cell(count(rate?.perSecond), RATE, quiet ? "dim" : "bold"),
        piece("  "),
        piece(
          bar(most > 0 ? (rate?.perSecond ?? 0) / most : 0, barWidth, blocks),
          "bar",
        ),
        ...times([duration(rate?.average)], quiet ? "dim" : "plain"),
        ...times(
          [since?.median, since?.p99, since?.longest].map(duration),
          "dim",
        ),
      ];
    }),
  ];
}
