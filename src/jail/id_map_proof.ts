/**
 * Shows that the ids of the export are mapped as asked.
 *
 * The mount has no name in any list of the kernel's, so that its map can't be
 * read. It is seen at the owner of the export, which is one id outside of the
 * jail and has to be another inside; and by the kernel's refusal to map a mount
 * twice.
 *
 * @module
 */
import type { Owner } from "../../ffi/mounts.ts";
import { guestId, type IdRange } from "./id_mapping.ts";
import type { Property } from "./property.ts";
import type { MappedMount } from "./plan.ts";

/** What is wrong with the map, if one was asked for. @param seen the owner of the root directory */
export function mappingFaults(
  mapped: MappedMount | undefined,
  seen: Owner,
): string[] {
  if (mapped === undefined) return [];
  const expected = expectedOwner(mapped);
  return [
    [mapped.refusesAnother, "the ids of the export are not mapped"] as const,
    [
      seen.uid === expected.uid && seen.gid === expected.gid,
      `the export belongs to ${seen.uid}:${seen.gid} and not to ${expected.uid}:${expected.gid}, as its map says`,
    ] as const,
  ].filter(([holds]) => !holds).map(([, fault]) => fault);
}

function expectedOwner(
  { mapping, hostOwner, overflow }: MappedMount,
): Owner {
  return {
    uid: guestId(mapping.uids, hostOwner.uid) ?? overflow.uid,
    gid: guestId(mapping.gids, hostOwner.gid) ?? overflow.gid,
  };
}

/** The map in words, for the report. */
export function describeMapping(mapped: MappedMount | undefined): Property {
  const name = "ids";
  if (mapped === undefined) {
    return { name, text: "the guest's are the host's", weak: false };
  }
  const { uids, gids } = mapped.mapping;
  return {
    name,
    text: `the guest has users ${ranges(uids)}, groups ${
      ranges(gids)
    } of the host; others are refused`,
    weak: false,
  };
}

function ranges(all: readonly IdRange[]): string {
  return all.map(({ guest, host, count }) =>
    count === 1
      ? `${guest}=${host}`
      : `${guest}-${guest + count - 1}=${host}-${host + count - 1}`
  ).join(" ");
}
