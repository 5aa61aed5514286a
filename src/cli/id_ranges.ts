/**
 * Which ids the guest is to have: `--uid-map`, `--gid-map`, `--map-root`.
 *
 * @module
 */
import {
  type IdMappingOption,
  type IdRange,
  mapText,
} from "../jail/id_mapping.ts";
import { UsageError } from "../errors.ts";

/** How many lines and bytes every kernel takes for a map, user_namespaces(7). */
const MAX_LINES = 340;
const MAX_BYTES = 4095;

/** 2³² − 1 means "no id", as -1. */
const MAX_ID = 0xffff_fffe;

interface Values {
  readonly "uid-map"?: readonly string[] | undefined;
  readonly "gid-map"?: readonly string[] | undefined;
  readonly "map-root"?: string | undefined;
}

/**
 * Checks that `id` can be a number below 2³² − 1 or the name of a user or group.
 *
 * @throws {UsageError}
 */
export function checkOwner(id: string | undefined): void {
  if (id === undefined) return;
  const isOwner = /^\d+$/.test(id)
    ? Number(id) <= MAX_ID
    : /^[^\s\d:+-][^\s:]*$/u.test(id);
  if (isOwner) return;
  throw new UsageError(
    `Cannot use ${
      id === "" ? "an empty name" : id
    } as an owner: not the name or the number of a user or group`,
  );
}

/**
 * The mapping that the options ask for; undefined without any of them.
 *
 * @param uids what the option for users is called, and `gids` that for groups
 * @throws {UsageError}
 */
export function idMapping(
  { "uid-map": uidMap, "gid-map": gidMap, "map-root": user }: Values,
  uids = "--uid-map",
  gids = "--gid-map",
): IdMappingOption | undefined {
  if (user !== undefined) {
    if (uidMap !== undefined || gidMap !== undefined) {
      throw new UsageError(
        `Cannot use --map-root together with ${uids} or ${gids}: it is short for a map of root alone`,
      );
    }
    checkOwner(user);
    return { kind: "root", user, instead: [uids, gids] };
  }
  if (uidMap === undefined && gidMap === undefined) return undefined;
  if (uidMap === undefined || gidMap === undefined) {
    const [given, missing] = uidMap ? [uids, gids] : [gids, uids];
    throw new UsageError(
      `Cannot use ${given} without ${missing}: a file has a user and a group`,
    );
  }
  return {
    kind: "ranges",
    uids: idRanges(uids, uidMap),
    gids: idRanges(gids, gidMap),
  };
}

/** Parses the values of `option`, each `GUEST:HOST:COUNT`. */
function idRanges(
  option: string,
  values: readonly string[],
): IdRange[] {
  const ranges = values.map((value) => idRange(option, value));
  for (const column of ["guest", "host"] as const) {
    refuseOverlap(option, values, ranges, column);
  }
  const bytes = mapText(ranges).length;
  if (ranges.length > MAX_LINES || bytes > MAX_BYTES) {
    throw new UsageError(
      `Cannot use ${ranges.length} times ${option}: the kernel takes ${MAX_LINES} ranges, and ${MAX_BYTES} bytes of them; here are ${bytes}`,
    );
  }
  return ranges;
}

function idRange(option: string, value: string): IdRange {
  const refuse = (why: string) =>
    new UsageError(`Cannot use ${option} ${value}: ${why}`);
  const parts = /^(\d+):(\d+):(\d+)$/.exec(value);
  if (parts === null) throw refuse("write GUEST:HOST:COUNT, three numbers");
  const [guest, host, count] = parts.slice(1).map(Number) as [
    number,
    number,
    number,
  ];
  if (count === 0) throw refuse("COUNT is 1 at least");
  if (Math.max(guest, host) + count - 1 > MAX_ID) {
    throw refuse(`ids end at ${MAX_ID}`);
  }
  if (host === 0) {
    throw refuse(
      `the guest's ${guest} would be the host's root; let HOST begin above 0`,
    );
  }
  return { guest, host, count };
}

function refuseOverlap(
  option: string,
  values: readonly string[],
  ranges: readonly IdRange[],
  column: "guest" | "host",
): void {
  const inOrder = ranges.map((range, at) => ({ range, value: values[at] }))
    .sort((a, b) => a.range[column] - b.range[column]);
  for (const [at, { range, value }] of inOrder.entries()) {
    const next = inOrder[at + 1];
    const end = range[column] + range.count;
    if (next === undefined || next.range[column] >= end) continue;
    throw new UsageError(
      `Cannot use ${option} ${value} together with ${option} ${next.value}: both have the ${column}'s ${
        next.range[column]
      }`,
    );
  }
}
