/**
 * Figures as one line for the log.
 *
 * @module
 */
import { oneLine } from "../log/quote.ts";
import type { Facts } from "./facts.ts";
import type { Figures } from "./figures.ts";
import { durationOf, errorsByName } from "./prometheus.ts";

/** How long the line may be: the log cuts what is longer. */
const MAX_LENGTH = 7000;

/** How many characters of a path are kept where the line is too long even so, its last ones. */
const MAX_SHARE = 100;

const US = 1000;

/** Errors by request and errno, or by errno alone. */
type Errors = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What the log is told. Durations are in µs, as numbers with one decimal. */
export function summarize(figures: Figures, facts: Facts, waiting: number) {
  const counted = figures.names.flatMap((name, row) =>
    figures.counts[row]! > 0 ? [[name, row] as const] : []
  );
  const errors: Errors = Object.fromEntries(
    counted.map(([name, row]) =>
      [name, Object.fromEntries(errorsByName(figures, row))] as const
    ).filter(([, errors]) => Object.keys(errors).length > 0),
  );
  const summary = {
    program: facts.program,
    version: facts.version,
    share: facts.share,
    started: new Date(facts.started).toISOString(),
    requests: Object.fromEntries(
      counted.map(([name, row]) => [name, {
        count: figures.counts[row]!,
        ...figures.timesAll ? durations(figures, row) : {},
      }]),
    ),
    errors,
    ...facts.carriesData
      ? { read: figures.read, written: figures.written }
      : {},
    ...figures.held?.(),
    polling: microseconds(figures.polled),
    // Where requests are not timed it is not known.
    ...figures.timesAll ? { waiting: Math.round(waiting * US) } : {},
    weak: facts.sandbox.filter(({ weak }) => weak).map(({ name }) => name),
  };
  if (fits(summary)) return summary;
  const shorter = { ...summary, errors: { all: added(errors) } };
  return fits(shorter) ? shorter : { ...shorter, share: tail(facts.share) };
}

/** As the log writes it. */
function fits(summary: object): boolean {
  return oneLine(JSON.stringify(summary)).length <= MAX_LENGTH;
}

function tail(share: string): string {
  const characters = [...share];
  return characters.length <= MAX_SHARE
    ? share
    : `...${characters.slice(-MAX_SHARE).join("")}`;
}

function durations(figures: Figures, row: number) {
  return {
    p50: microseconds(durationOf(figures, row, 0.5)),
    p99: microseconds(durationOf(figures, row, 0.99)),
    max: microseconds(durationOf(figures, row, 1)),
    sum: microseconds(figures.sums[row]!),
  };
}

/** Errors of all requests together: a guest can have many kinds. */
function added(errors: Errors): Record<string, number> {
  const all: Record<string, number> = {};
  for (const kinds of Object.values(errors)) {
    for (const [errno, count] of Object.entries(kinds)) {
      all[errno] = (all[errno] ?? 0) + count;
    }
  }
  return all;
}

function microseconds(nanoseconds: number): number {
  return Math.round(nanoseconds / 100) / 10;
}
