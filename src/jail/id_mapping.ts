/**
 * Which ids of the guest are which ids of the host. Values only: the command
 * line knows them, too.
 *
 * @module
 */
import type { Owner } from "../../ffi/mounts.ts";

/** `count` ids of the guest from `guest` on are those of the host from `host` on. */
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

/** What can be asked for. */
export type IdMappingOption =
  | ({ readonly kind: "ranges" } & IdMapping)
  /** The guest's root is this user of the host, a name or a number. */
  | { readonly kind: "root"; readonly user: string };

/**
 * The helper's own ids, as which it acts where a request names none: 0, or the
 * lowest that there is where the guest has no 0.
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
 * The content of the uid_map or gid_map of a user namespace that maps a mount.
 * Inside of it are the ids on disk, outside those that the helper acts with.
 */
export function mapText(ranges: readonly IdRange[]): string {
  return ranges.map(({ guest, host, count }) => `${host} ${guest} ${count}\n`)
    .join("");
}
