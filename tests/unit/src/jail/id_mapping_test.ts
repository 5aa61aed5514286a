/** The parts that ids are mapped by: text for the kernel, the proof. */
import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import {
  guestId,
  type IdRange,
  mapText,
} from "../../../../src/jail/id_mapping.ts";
import {
  describeMapping,
  mappingFaults,
} from "../../../../src/jail/id_map_proof.ts";

const RANGES: readonly IdRange[] = [
  { guest: 0, host: 100_000, count: 1000 },
  { guest: 1000, host: 5, count: 1 },
];

Deno.test("mapText() puts the ids on disk first, as the kernel wants them for a mount", () => {
  equal(mapText(RANGES), "100000 0 1000\n5 1000 1\n");
});

Deno.test("guestId() finds the guest's id for each of the host's", () => {
  const cases = [[100_000, 0], [100_999, 999], [5, 1000]] as const;
  for (const [host, guest] of cases) equal(guestId(RANGES, host), guest);
  for (const host of [0, 4, 6, 99_999, 101_000]) {
    equal(guestId(RANGES, host), undefined);
  }
});

Deno.test("guestId() undoes every range", () => {
  const id = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(fc.property(id, id, id, fc.nat(), (guest, host, count, offset) => {
    const within = offset % count;
    equal(guestId([{ guest, host, count }], host + within), guest + within);
  }));
});

const MAPPED = {
  mapping: { uids: RANGES, gids: RANGES },
  hostOwner: { uid: 100_001, gid: 0 },
  overflow: { uid: 65534, gid: 65533 },
  refusesAnother: true,
};

Deno.test("mappingFaults() finds nothing wrong with owners as mapped", () => {
  deepEqual(mappingFaults(undefined, { uid: 0, gid: 0 }), []);
  deepEqual(mappingFaults(MAPPED, { uid: 1, gid: 65533 }), []);
});

Deno.test("mappingFaults() finds a mount that is not mapped, or in another way", () => {
  deepEqual(
    mappingFaults({ ...MAPPED, refusesAnother: false }, MAPPED.hostOwner),
    [
      "the ids of the export are not mapped",
      "the export belongs to 100001:0 and not to 1:65533, as its map says",
    ],
  );
  for (const seen of [{ uid: 2, gid: 65533 }, { uid: 1, gid: 0 }]) {
    equal(mappingFaults(MAPPED, seen).length, 1);
  }
});

Deno.test("describeMapping() says who is who", () => {
  deepEqual(describeMapping(MAPPED), {
    name: "ids",
    text:
      "the guest has users 0-999=100000-100999 1000=5, groups 0-999=100000-100999 1000=5 of the host; others are refused",
    weak: false,
  });
});
