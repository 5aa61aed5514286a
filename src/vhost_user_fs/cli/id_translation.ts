/**
 * virtiofsd's options that map ids, as far as they say what an id-mapped mount
 * does. `--translate-uid` and `--translate-gid` as Incus uses them: some ids are
 * mapped, all others forbidden. `--uid-map` and `--gid-map` as libvirt's `<idmap>`
 * gives them: virtiofsd makes a user namespace by them, in which the guest has
 * the same ids, and no others.
 *
 * @module
 */
import { idMapping } from "../../cli/id_ranges.ts";
import { UsageError } from "../../errors.ts";
import type { IdMappingOption } from "../../jail/id_mapping.ts";

/** Ids end before 2³² − 1, which means none. */
const END = 0xffff_ffff;

const UIDS = "--translate-uid", GIDS = "--translate-gid";

/** A range of the guest's ids. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * The mapping that the rules are; undefined without any.
 *
 * @throws {UsageError} where they say something else
 */
export function translatedIds(
  uids: readonly string[] | undefined,
  gids: readonly string[] | undefined,
): IdMappingOption | undefined {
  return idMapping(
    {
      "uid-map": uids && mappedRanges(UIDS, uids),
      "gid-map": gids && mappedRanges(GIDS, gids),
    },
    UIDS,
    GIDS,
  );
}

/**
 * The mapping that `--uid-map` and `--gid-map` are; undefined without any.
 *
 * @throws {UsageError} where they can't be read
 */
export function namespaceIds(
  uids: readonly string[] | undefined,
  gids: readonly string[] | undefined,
): IdMappingOption | undefined {
  return idMapping({
    "uid-map": uids?.map((map) => betweenColons("--uid-map", map)),
    "gid-map": gids?.map((map) => betweenColons("--gid-map", map)),
  });
}

/** What is written with any separator, also before and after it, as GUEST:HOST:COUNT. */
function betweenColons(option: string, map: string): string {
  const [, , ...numbers] =
    /^([^\d])(\d{1,10})\1(\d{1,10})\1(\d{1,10})\1$/u.exec(map) ?? [];
  if (numbers.length > 0) return numbers.join(":");
  throw new UsageError(
    `Cannot use ${option} ${map}: write :GUEST:HOST:COUNT:, three numbers`,
  );
}

/** The rules that map, as GUEST:HOST:COUNT. */
function mappedRanges(option: string, rules: readonly string[]): string[] {
  const maps: string[] = [];
  const covered: Range[] = [];
  for (const rule of rules) {
    const [, map, guest, count] =
      /^map:((\d{1,10}):\d{1,10}:(\d{1,10}))$/.exec(rule) ??
        /^()forbid-guest:(\d{1,10}):(\d{1,10})$/.exec(rule) ?? [];
    if (map === undefined) {
      throw new UsageError(
        `Cannot use ${option} ${rule}: only map:GUEST:HOST:COUNT and forbid-guest:GUEST:COUNT can be had yet`,
      );
    }
    if (map !== "") maps.push(map);
    const start = Number(guest);
    covered.push({ start, end: start + Number(count) });
  }
  const free = firstFree(covered);
  if (free < END) {
    throw new UsageError(
      `Cannot use ${option}: the guest's ${free} is neither mapped nor forbidden, and to have it the same on the host can't be had yet; add ${option}=forbid-guest:${free}:COUNT`,
    );
  }
  return maps;
}

/** The lowest id that is in none of the ranges. */
function firstFree(ranges: readonly Range[]): number {
  const inOrder = ranges.toSorted((a, b) => a.start - b.start);
  return inOrder.reduce(
    (free, { start, end }) => start <= free ? Math.max(free, end) : free,
    0,
  );
}
