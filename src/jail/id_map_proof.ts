/**
 * Proves that the ids of the export are mapped as asked.
 *
 * The private mount is in no mount table, so its map can't be read. Two things
 * show it: the owner of the export, whose ids inside the jail must be those that
 * the map makes of the ids outside; and that the kernel refuses to map the mount
 * a second time.
 *
 * @module
 */
import type { Owner } from "../../ffi/mounts.ts";
import { guestId, type IdRange } from "./id_mapping.ts";
import { faultsOf, ok, type Property } from "./property.ts";
import type { MappedMount } from "./plan.ts";

/** What is wrong with the map, if there is to be one. @param seen the owner of the jail's root directory */
export function mappingFaults(
  mapped: MappedMount | undefined,
  seen: Owner,
): string[] {
  if (mapped === undefined) return [];
  const expected = expectedOwner(mapped);
  return faultsOf([
    [mapped.refusesAnother, "the ids of the export are not mapped"],
    [
      seen.uid === expected.uid && seen.gid === expected.gid,
      `the export belongs to ${seen.uid}:${seen.gid} and not to ${expected.uid}:${expected.gid}, as its map says`,
    ],
  ]);
}

function expectedOwner(
  { mapping, hostOwner, overflow }: MappedMount,
): Owner {
  return {
    uid: guestId(mapping.uids, hostOwner.uid) ?? overflow.uid,
    gid: guestId(mapping.gids, hostOwner.gid) ?? overflow.gid,
  };
}

/** The map as a property of the sandbox. */
export function describeMapping(mapped: MappedMount | undefined): Property {
  if (mapped === undefined) return ok("ids", "the guest's are the host's");
  const uids = ranges(mapped.mapping.uids), gids = ranges(mapped.mapping.gids);
  return ok(
    "ids",
    `the guest has users ${uids}, groups ${gids} of the host; others are refused`,
  );
}

function ranges(all: readonly IdRange[]): string {
  return all.map(({ guest, host, count }) =>
    count === 1
      ? `${guest}=${host}`
      : `${guest}-${guest + count - 1}=${host}-${host + count - 1}`
  ).join(" ");
}
