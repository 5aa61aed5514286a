/**
 * The shares of a host, named, counted and sorted.
 *
 * @module
 */
import type { Figures } from "./figures.ts";
import { failureKey, type Rates } from "./rates.ts";
import { shown } from "./text.ts";
import type { Entry } from "./watch.ts";

/** A share, and what happens with it now. */
export interface Row {
  readonly entry: Entry;
  /** What it is called, safe to print, and different from the others. */
  readonly name: string;
  readonly figures: Figures | undefined;
  /** Undefined as long as they are not known. */
  readonly rates: Rates | undefined;
  /** Properties of the jail that do not hold, safe to print. */
  readonly weak: readonly string[];
}

/** By what rows can be sorted: the largest first, except for the name. */
export const SORTS = [
  ...["requests", "latency", "errors", "bytes", "inodes", "descriptors"],
  "name",
] as const;

export type Sort = "name" | keyof typeof VALUES;

const VALUES = {
  requests: ({ rates }: Row) => rates?.requests,
  latency: ({ rates }: Row) => rates?.p99,
  errors: ({ rates }: Row) => rates?.errors,
  bytes: ({ rates }: Row) => rates && (rates.read ?? 0) + (rates.written ?? 0),
  inodes: ({ figures }: Row) => figures?.inodes,
  descriptors: ({ figures }: Row) => figures?.descriptors,
};

export function isSort(text: string): text is Sort {
  return text === "name" || Object.hasOwn(VALUES, text);
}

/** Rows for all files, as of `now` in ms since 1970, sorted; those that can't be read and those that have gone come last. */
export function rowsOf(
  entries: readonly Entry[],
  now: number,
  sort: Sort,
): Row[] {
  const named = entries.map((entry) => ({
    entry,
    share: shareName(entry),
  }));
  const rows = named.map(({ entry, share }): Row => {
    const alone = named.filter((other) => other.share === share).length === 1;
    const { track } = entry;
    const served = entry.gone === undefined && entry.fault === undefined;
    return {
      entry,
      name: alone ? share : `${share} (${fileName(entry.path)})`,
      figures: track?.figures,
      rates: served ? track?.rates(now) : undefined,
      weak: [...track?.figures.jail ?? []].flatMap(([property, holds]) =>
        holds ? [] : [shown(property)]
      ),
    };
  });
  const value = sort === "name" ? () => 0 : VALUES[sort];
  return rows.sort((a, b) =>
    Number(isLost(a)) - Number(isLost(b)) ||
    (value(b) ?? -1) - (value(a) ?? -1) ||
    compare(a.name, b.name) || compare(a.entry.path, b.entry.path)
  );
}

/** Whether nothing is known of what happens now, or nothing happens any more. */
export function isLost(row: Row): boolean {
  return row.entry.fault !== undefined || hasEnded(row);
}

/** Whether the helper has ended, as far as it is known. */
export function hasEnded({ entry }: Row): boolean {
  const { gone, fault, track, dead } = entry;
  return gone !== undefined || dead ||
    (fault === undefined && track?.figures.serving === false);
}

/** Errors that a guest does not make in ordinary work: of the file system and of limits. */
const SERIOUS: ReadonlySet<string> = new Set([
  ...["EIO", "ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM", "ESTALE"],
  ...["EUCLEAN", "ENXIO", "ENODEV"],
]);

export const isSerious = (errno: string) => SERIOUS.has(errno);

/** Whether there are such errors now. */
export function hasSeriousErrors({ figures, rates }: Row): boolean {
  return (figures?.failures ?? []).some(({ request, errno }) =>
    isSerious(errno) &&
    (rates?.failures.get(failureKey(request, errno)) ?? 0) > 0
  );
}

function shareName({ path, track }: Entry): string {
  return track === undefined ? fileName(path) : shown(track.figures.share);
}

/** The last part of a path, safe to print. */
export function fileName(path: string): string {
  return shown(path.slice(path.lastIndexOf("/") + 1));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
