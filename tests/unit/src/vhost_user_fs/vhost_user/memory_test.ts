/** The guest's memory as the front end hands it over, changes it and takes it away. */
import { deepEqual, equal, match } from "node:assert/strict";
import * as m from "../../../../../src/vhost_user_fs/client/messages.ts";
import {
  Region,
  type RegionPlace,
} from "../../../../../src/vhost_user_fs/client/region.ts";
import type { Ring } from "../../../../../src/vhost_user_fs/client/ring.ts";
import { Harness, MEMORY, openDescriptors, OUT_HEADER } from "../harness.ts";

const PAGE = 4096;

/** Somewhere else. */
const MORE: RegionPlace = {
  guestAddress: 0x9_0000_0000,
  userAddress: 0x7f99_0000_0000,
  size: 16 * PAGE,
  fileOffset: 0,
};

/** A request whose bytes are at the guest's `address`. Returns `used.len`. */
function serves(h: Harness, ring: Ring, address: number): number | undefined {
  ring.publish(
    ring.add([
      { address, length: 16, writable: false },
      h.buffer(0, 64, true),
    ]),
  );
  ring.kick();
  equal(h.run(), "idle");
  return ring.reap()?.length;
}

const ANSWERED = OUT_HEADER + 16;

Deno.test("memory is added and taken away while a ring runs", () => {
  using h = new Harness();
  const ring = h.started();
  equal(serves(h, ring, MORE.guestAddress), 0);
  using more = Region.create(h.system, MORE);
  more.bytes.set([5, 6, 7]);
  h.must(m.ADD_MEM_REG, m.memoryRegion(more), [more.fd]);
  equal(serves(h, ring, MORE.guestAddress), ANSWERED);
  deepEqual([...h.server.requests.at(-1)!.bytes.subarray(0, 3)], [5, 6, 7]);
  h.must(m.REM_MEM_REG, m.memoryRegion(more));
  equal(serves(h, ring, MORE.guestAddress), 0);
  equal(serves(h, ring, h.guest(0)), ANSWERED);
  ring.close();
});

Deno.test("nothing is left of memory that was taken away", () => {
  using h = new Harness();
  h.begin();
  using more = Region.create(h.system, MORE);
  const before = openDescriptors(h.system).length;
  for (let i = 0; i < 3; i++) {
    h.must(m.ADD_MEM_REG, m.memoryRegion(more), [more.fd]);
    equal(openDescriptors(h.system).length, before + 1);
    // QEMU once sent a descriptor with it.
    h.must(m.REM_MEM_REG, m.memoryRegion(more), i === 1 ? [more.fd] : []);
    equal(openDescriptors(h.system).length, before);
  }
});

Deno.test("memory is taken away by all three of its numbers", () => {
  using h = new Harness();
  h.begin();
  for (
    const wrong of [
      { ...MEMORY, guestAddress: MEMORY.guestAddress + PAGE },
      { ...MEMORY, userAddress: MEMORY.userAddress + PAGE },
      { ...MEMORY, size: MEMORY.size - PAGE },
    ]
  ) equal(h.tell(m.REM_MEM_REG, m.memoryRegion(wrong)), 1);
  h.must(m.REM_MEM_REG, m.memoryRegion(h.memory));
  equal(h.tell(m.REM_MEM_REG, m.memoryRegion(h.memory)), 1);
});

Deno.test("a table replaces all memory, and rings go on in it", () => {
  using h = new Harness();
  const ring = h.started();
  using more = Region.create(h.system, MORE);
  const before = openDescriptors(h.system).length;
  h.must(m.SET_MEM_TABLE, m.memoryTable([h.memory, more]), [
    h.memory.fd,
    more.fd,
  ]);
  equal(openDescriptors(h.system).length, before + 1);
  equal(serves(h, ring, MORE.guestAddress), ANSWERED);
  h.must(m.SET_MEM_TABLE, m.memoryTable([h.memory]), [h.memory.fd]);
  equal(openDescriptors(h.system).length, before);
  equal(serves(h, ring, MORE.guestAddress), 0);
  equal(serves(h, ring, h.guest(0)), ANSWERED);
  ring.close();
});

Deno.test("a ring is not served while its memory is gone", () => {
  using h = new Harness();
  const ring = h.started();
  equal(serves(h, ring, h.guest(0)), ANSWERED);
  h.must(m.REM_MEM_REG, m.memoryRegion(h.memory));
  match(h.said.join(), /took away the memory of a ring/);
  equal(serves(h, ring, h.guest(0)), undefined);
  h.must(m.ADD_MEM_REG, m.memoryRegion(h.memory), [h.memory.fd]);
  equal(ring.reap()?.length, ANSWERED);
  equal(serves(h, ring, h.guest(0)), ANSWERED);
  ring.close();
});

Deno.test("an empty table takes all memory away", () => {
  using h = new Harness();
  h.begin();
  h.must(m.SET_MEM_TABLE, m.memoryTable([]));
  equal(h.device.regions.count, 0);
});

Deno.test("a table that can't be had changes nothing and keeps nothing", () => {
  using h = new Harness();
  const ring = h.started();
  using more = Region.create(h.system, MORE);
  const event = h.system.eventfd();
  const before = openDescriptors(h.system);
  const refused = (
    payload: Uint8Array<ArrayBuffer>,
    fds: readonly number[],
  ) => {
    equal(h.tell(m.SET_MEM_TABLE, payload, fds), 1);
    deepEqual(openDescriptors(h.system), before);
    equal(serves(h, ring, h.guest(0)), ANSWERED);
  };
  const both = m.memoryTable([more, h.memory]);
  refused(both, [more.fd, event]);
  refused(both, [event, h.memory.fd]);
  refused(both, [more.fd]);
  refused(both, []);
  refused(both, [more.fd, h.memory.fd, event]);
  refused(m.memoryTable([more, more]), [more.fd, more.fd]);
  refused(both.slice(0, -8), [more.fd, h.memory.fd]);
  // A count that is not that of the regions.
  for (const count of [1, 3, 9, 0xffff_ffff]) {
    const lying = both.slice();
    new DataView(lying.buffer).setUint32(0, count, true);
    refused(lying, [more.fd, h.memory.fd]);
  }
  h.system.close(event);
  ring.close();
});

/** What a region can't be: it is the one above but for this. */
const IMPOSSIBLE: Readonly<Record<string, Partial<RegionPlace>>> = {
  "of no size": { size: 0 },
  "longer than its file": { size: MORE.size + 1 },
  "behind the end of its file": { fileOffset: PAGE },
  "far behind the end of its file": { fileOffset: 2 ** 40 },
  "wrapping around in its file": { fileOffset: 0xffff_ffff_ffff_f000 },
  "wrapping around for the guest": { guestAddress: 0xffff_ffff_ffff_f000 },
  "wrapping around for the front end": { userAddress: 0xffff_ffff_ffff_f000 },
  "of all sizes": { size: 0xffff_ffff_ffff_f000 },
  "beginning in another": { guestAddress: MEMORY.guestAddress + PAGE },
  "ending in another": { guestAddress: MEMORY.guestAddress - PAGE },
  "in another for the front end": { userAddress: MEMORY.userAddress },
};

for (const [name, change] of Object.entries(IMPOSSIBLE)) {
  Deno.test(`refused: a region ${name}`, () => {
    using h = new Harness();
    h.begin();
    const fd = h.system.memfd(MORE.size);
    const before = openDescriptors(h.system);
    const place = { ...MORE, ...change };
    equal(h.tell(m.ADD_MEM_REG, m.memoryRegion(place), [fd]), 1);
    deepEqual(openDescriptors(h.system), before);
    equal(h.device.regions.count, 1);
    h.system.close(fd);
  });
}

Deno.test("refused: a region without a descriptor, with two, with one that is no memory", () => {
  using h = new Harness();
  h.begin();
  const fd = h.system.memfd(MORE.size), event = h.system.eventfd();
  const [output, input] = h.system.pipe();
  const [one, other] = h.system.socketpair();
  const before = openDescriptors(h.system);
  const payload = m.memoryRegion(MORE);
  for (
    const fds of [[], [fd, fd], [event], [output], [input], [one], [
      h.device.events,
    ]]
  ) {
    equal(h.tell(m.ADD_MEM_REG, payload, fds), 1);
    deepEqual(openDescriptors(h.system), before);
  }
  h.system.close(fd, event, output, input, one, other);
});

Deno.test("there are 509 slots", () => {
  using h = new Harness();
  const fd = h.system.memfd(PAGE);
  const add = (i: number) =>
    h.tell(
      m.ADD_MEM_REG,
      m.memoryRegion({
        // In an order that is not that of their addresses.
        guestAddress: PAGE * (1 + i * 211 % 509),
        userAddress: PAGE * (1 + i),
        size: PAGE,
        fileOffset: 0,
      }),
      [fd],
    );
  for (let i = 0; i < 509; i++) equal(add(i), 0);
  equal(add(510), 1);
  const { regions } = h.device;
  equal(regions.count, 509);
  for (let i = 0; i < 509; i++) {
    regions.key[0] = PAGE * (1 + i) + i;
    equal(regions.find(), i);
  }
  for (const outside of [0, PAGE - 1, PAGE * 510, 2 ** 60]) {
    regions.key[0] = outside;
    equal(regions.find(), -1);
  }
  h.system.close(fd);
});

Deno.test("a guest of 16 GiB is served", () => {
  using h = new Harness();
  const ring = h.started();
  const size = 16 * 1024 ** 3;
  const fd = h.system.memfd(size);
  const place = { ...MORE, size };
  h.must(m.ADD_MEM_REG, m.memoryRegion(place), [fd]);
  equal(serves(h, ring, MORE.guestAddress + size - 16), ANSWERED);
  equal(serves(h, ring, MORE.guestAddress + size - 15), 0);
  h.system.close(fd);
  ring.close();
});

Deno.test("at the end of the connection nothing is left", () => {
  using h = new Harness();
  const before = openDescriptors(h.system).length;
  const ring = h.started();
  equal(serves(h, ring, h.guest(0)), ANSWERED);
  h.device[Symbol.dispose]();
  ring.close();
  // Its set of descriptors.
  equal(openDescriptors(h.system).length, before - 1);
});
