/** Chains as drivers make them. */
import { deepEqual, equal } from "node:assert/strict";
import { EIO } from "../../../../../ffi/errno.ts";
import { INDIRECT, Memory, NEXT, WRITE } from "./chains.ts";

const count = (length: number, from = 0) =>
  Array.from({ length }, (_, i) => (from + i) & 0xff);

Deno.test("both parts of a chain are streams of bytes, however they are cut", () => {
  using memory = new Memory();
  memory.write(0x10000, count(100));
  const result = memory.load([
    { address: 0x10000, length: 7, flags: NEXT, next: 2 },
    { address: 0x11000, length: 5, flags: NEXT | WRITE, next: 3 },
    { address: 0x10050, length: 3, flags: NEXT, next: 1 },
    { address: 0x12000, length: 20, flags: WRITE },
  ]);
  equal(result, 0);
  const { chain } = memory;
  deepEqual([chain.readableSize, chain.writableSize], [10, 25]);
  deepEqual(memory.fetched(), [...count(7), 0x50, 0x51, 0x52]);
  memory.store(count(12, 100));
  deepEqual(memory.read(0x11000, 6), [...count(5, 100), 0]);
  deepEqual(memory.read(0x12000, 8), [...count(7, 105), 0]);
});

Deno.test("an indirect table may begin anywhere, and go over the border of regions", () => {
  using memory = new Memory();
  memory.write(0x10000, count(4));
  memory.writeTable(0x13ff3, [
    { address: 0x10000, length: 4, flags: NEXT, next: 2 },
    { address: 0, length: 0, flags: 0 },
    { address: 0x2_0000_0100, length: 8, flags: WRITE },
  ]);
  const head = { address: 0x13ff3, length: 48, flags: INDIRECT };
  equal(memory.load([head]), 0);
  deepEqual(memory.fetched(), count(4));
  equal(memory.chain.writableSize, 8);
});

Deno.test("an indirect table may follow direct descriptors", () => {
  using memory = new Memory();
  memory.write(0x10000, count(8));
  memory.writeTable(0x11000, [{ address: 0x10004, length: 4, flags: 0 }]);
  equal(
    memory.load([
      { address: 0x10000, length: 2, flags: NEXT, next: 1 },
      { address: 0x11000, length: 16, flags: INDIRECT },
    ]),
    0,
  );
  deepEqual(memory.fetched(), [0, 1, 4, 5, 6, 7]);
});

Deno.test("an indirect table that lies right behind a buffer does not become a part of it", () => {
  using memory = new Memory();
  memory.write(0x10000, count(16));
  memory.writeTable(0x10010, [{ address: 0x10100, length: 4, flags: 0 }]);
  memory.write(0x10100, [91, 92, 93, 94]);
  equal(
    memory.load([
      { address: 0x10000, length: 16, flags: NEXT, next: 1 },
      { address: 0x10010, length: 16, flags: INDIRECT },
    ]),
    0,
  );
  deepEqual(memory.fetched(), [...count(16), 91, 92, 93, 94]);
});

Deno.test("a buffer may go over the border of regions", () => {
  using memory = new Memory();
  memory.write(0x13ffc, count(8));
  deepEqual(memory.read(0x13ffc, 8), count(8));
  equal(memory.load([{ address: 0x13ffc, length: 8, flags: WRITE }]), 0);
  equal(memory.chain.writeVector(0, 8), 2);
  deepEqual(memory.vector(2), [
    [memory.ours(0x13ffc), 4n],
    [memory.ours(0x14000), 4n],
  ]);
});

Deno.test("adjacent buffers are one element of a vector, but not the last to read and the first to write", () => {
  using memory = new Memory();
  equal(
    memory.load([
      { address: 0x10000, length: 0x1000, flags: NEXT, next: 1 },
      { address: 0x11000, length: 0x1000, flags: NEXT, next: 2 },
      { address: 0x12000, length: 0x800, flags: NEXT | WRITE, next: 3 },
      { address: 0x12800, length: 0x800, flags: NEXT | WRITE, next: 4 },
      { address: 0x2_0000_0000, length: 0x10, flags: WRITE },
    ]),
    0,
  );
  const { chain } = memory;
  equal(chain.readVector(0, 0x2000), 1);
  deepEqual(memory.vector(1), [[memory.ours(0x10000), 0x2000n]]);
  equal(chain.writeVector(0x10, 0x1000), 2);
  deepEqual(memory.vector(2), [
    [memory.ours(0x12010), 0xff0n],
    [memory.ours(0x2_0000_0000), 0x10n],
  ]);
  equal(chain.covered, 0x1000);
});

Deno.test("a vector is asked for within a part, and never more of it than there is", () => {
  using memory = new Memory();
  memory.load([
    { address: 0x10000, length: 0x100, flags: NEXT, next: 1 },
    { address: 0x13000, length: 0x100, flags: NEXT | WRITE, next: 2 },
    { address: 0x15000, length: 0x100, flags: WRITE },
  ]);
  const { chain } = memory;
  equal(chain.readVector(0xf0, 0x1000), 1);
  deepEqual(memory.vector(1), [[memory.ours(0x100f0), 0x10n]]);
  equal(chain.covered, 0x10);
  equal(chain.writeVector(0x100, 1), 1);
  deepEqual(memory.vector(1), [[memory.ours(0x15000), 1n]]);
  for (
    const [offset, size] of [[0x100, 1], [0x200, 1], [0, 0], [-1, 1], [
      NaN,
      1,
    ], [0, NaN]] as const
  ) {
    equal(chain.readVector(offset, size), 0);
    equal(chain.covered, 0);
  }
});

Deno.test("a vector has 1024 elements at most, and says how far they reach", () => {
  using memory = new Memory();
  // Every other byte of the region.
  const table = Array.from({ length: 1500 }, (_, i) => ({
    address: 0x14000 + 2 * i,
    length: 1,
    flags: WRITE | (i < 1499 ? NEXT : 0),
    next: i < 1499 ? i + 1 : 0,
  }));
  equal(memory.load(table, { size: 2048 }), 0);
  const { chain } = memory;
  equal(chain.writeVector(0, 1500), 1024);
  equal(chain.covered, 1024);
  equal(chain.writeVector(1024, 1500), 476);
  equal(chain.covered, 476);
});

Deno.test("no more is fetched or stored than there is room for", () => {
  using memory = new Memory();
  memory.write(0x10000, count(16));
  // What is left of a chain before must not count.
  memory.load([0, 2, 4, 6, 8, 10].map((at, i) => ({
    address: 0x10000 + at,
    length: 1,
    flags: WRITE | (i < 5 ? NEXT : 0),
    next: i + 1,
  })));
  memory.load([
    { address: 0x10000, length: 4, flags: NEXT, next: 1 },
    { address: 0x10008, length: 4, flags: WRITE },
  ]);
  deepEqual(memory.fetched(100).slice(0, 5), [0, 1, 2, 3, 238]);
  memory.store(count(100, 50));
  deepEqual(memory.read(0x10004, 12), [
    ...count(4, 4),
    ...count(4, 50),
    ...count(4, 12),
  ]);
});

Deno.test("empty buffers are passed over", () => {
  using memory = new Memory();
  memory.write(0x10000, count(4));
  const result = memory.load([
    // It is nowhere, and need not be anywhere.
    { address: 0xffff_ffff_ffff_fff0n, length: 0, flags: NEXT, next: 1 },
    { address: 0x10000, length: 4, flags: 0 },
  ]);
  equal(result, 0);
  deepEqual(memory.fetched(), count(4));
});

/** As many bytes to read, one by one, by a table at the beginning of the memory. */
function loadTable(memory: Memory, length: number, size: number): number {
  const table = Array.from({ length }, (_, i) => ({
    address: 0x2_0000_0000 + i,
    length: 1,
    flags: i < length - 1 ? NEXT : 0,
    next: i < length - 1 ? i + 1 : 0,
  }));
  memory.writeTable(0x10000, table);
  const head = { address: 0x10000, length: 16 * length, flags: INDIRECT };
  return memory.load([head], { size });
}

Deno.test("an indirect table may have what 1 MiB in single pages needs, in a short ring too", () => {
  using memory = new Memory();
  equal(loadTable(memory, 1028, 16), 0);
  equal(memory.chain.readableSize, 1028);
  equal(loadTable(memory, 1029, 16), -EIO);
});

Deno.test("an indirect table may be as long as its ring", () => {
  using memory = new Memory();
  memory.chain.prepare(2048);
  equal(loadTable(memory, 2047, 2048), 0);
  equal(memory.chain.readableSize, 2047);
});

Deno.test("an indirect table for which no room was made is refused", () => {
  using memory = new Memory();
  equal(loadTable(memory, 2047, 2048), -EIO);
});
