/**
 * Which id of the host each id of the guest stands for. Types and arithmetic
 * only, so that the command line can use them without loading the jail.
 *
 * @module
 */
import type { Owner } from "../../ffi/mounts.ts";

/** The `count` ids from `guest` on stand for those of the host from `host` on. */
export interface IdRange {
  readonly guest: number;
  readonly host: number;
  readonly count: number;
}

/** All ids that the guest has. */
export interface IdMapping {
  readonly uids: readonly IdRange[];
  readonly gids: readonly IdRange[];
}

/** What the command line can ask for. */
export type IdMappingOption =
  | ({ readonly kind: "ranges" } & IdMapping)
  /** The guest's root is this user of the host, a name or a number. */
  | {
    readonly kind: "root";
    readonly user: string;
    /** What the options are called that map ranges instead, for users and for groups. */
    readonly instead: readonly [string, string];
  };

/**
 * The ids that a request means by -1, "no id given": 0, or with mapped ids the
 * lowest that the guest has.
 */
export function ownIds(mapping: IdMapping | undefined): Owner {
  const lowest = (ranges: readonly IdRange[]) =>
    Math.min(...ranges.map(({ guest }) => guest));
  return mapping === undefined
    ? { uid: 0, gid: 0 }
    : { uid: lowest(mapping.uids), gid: lowest(mapping.gids) };
}

/** The guest's id for one of the host; undefined where it has none. */
export function guestId(
  ranges: readonly IdRange[],
  hostId: number,
): number | undefined {
  const range = ranges.find(({ host, count }) =>
    host <= hostId && hostId < host + count
  );
  return range && range.guest + hostId - range.host;
}

/**
 * The content of uid_map or gid_map for a user namespace that maps a mount: its
 * ids inside are those on disk, its ids outside those that the helper acts as.
 */
export function mapText(ranges: readonly IdRange[]): string {
  return ranges.map(({ guest, host, count }) => `${host} ${guest} ${count}\n`)
    .join("");
}
