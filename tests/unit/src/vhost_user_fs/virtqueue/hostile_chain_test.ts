/** Chains that no driver makes: an error each, and nothing that is read or written elsewhere. */
import { deepEqual, equal } from "node:assert/strict";
import { EFAULT, EIO } from "../../../../../ffi/errno.ts";
import { type Descriptor, INDIRECT, Memory, NEXT, WRITE } from "./chains.ts";

/** A buffer that is all right. */
const GOOD = { address: 0x10000, length: 64, flags: NEXT };

interface Case {
  readonly chain: readonly Descriptor[];
  readonly head?: number;
  readonly size?: number;
  readonly indirect?: boolean;
  /** Lies in memory at 0x12000. */
  readonly table?: readonly Descriptor[];
  /** -EIO where nothing else is said. */
  readonly result?: number;
}

const indirect = (length: number, flags = 0, next = 0): Descriptor => ({
  address: 0x12000,
  length,
  flags: INDIRECT | flags,
  next,
});

const CASES: Readonly<Record<string, Case>> = {
  "a descriptor that is its own next": { chain: [{ ...GOOD, next: 0 }] },
  "a circle of three": {
    chain: [{ ...GOOD, next: 1 }, { ...GOOD, next: 2 }, { ...GOOD, next: 0 }],
  },
  "a circle of empty buffers": {
    chain: [{ address: 0, length: 0, flags: NEXT, next: 0 }],
  },
  "a next outside of the table": { chain: [{ ...GOOD, next: 16 }] },
  "the largest next": { chain: [{ ...GOOD, next: 0xffff }] },
  "a head outside of the table": { chain: [GOOD], head: 16 },
  "a buffer to read behind one to write": {
    chain: [
      { ...GOOD, flags: NEXT | WRITE, next: 1 },
      { ...GOOD, flags: 0 },
    ],
  },
  "an empty buffer to read behind one to write": {
    chain: [
      { ...GOOD, flags: NEXT | WRITE, next: 1 },
      { address: 0, length: 0, flags: 0 },
    ],
  },
  "more than 2^32 bytes in all": {
    chain: [
      { ...GOOD, next: 1 },
      { address: 0x10000, length: 0xffff_ffff, flags: 0 },
    ],
  },
  "an indirect table where none was agreed on": {
    chain: [indirect(16)],
    table: [{ ...GOOD, flags: 0 }],
    indirect: false,
  },
  "an indirect table and a next": {
    chain: [indirect(16, NEXT, 1), { ...GOOD, flags: 0 }],
    table: [{ ...GOOD, flags: 0 }],
  },
  "an indirect table in an indirect table": {
    chain: [indirect(16)],
    table: [indirect(16)],
  },
  "an empty indirect table": { chain: [indirect(0)] },
  "an indirect table that ends within a descriptor": {
    chain: [indirect(24)],
    table: [{ ...GOOD, flags: 0 }, { ...GOOD, flags: 0 }],
  },
  "a next outside of an indirect table": {
    chain: [indirect(16)],
    table: [{ ...GOOD, next: 1 }],
  },
  "a circle in an indirect table": {
    chain: [indirect(32)],
    table: [{ ...GOOD, next: 1 }, { ...GOOD, next: 0 }],
  },
  "an indirect table that is too long": { chain: [indirect(16 * 1029)] },
  "an indirect table of 4 GiB": { chain: [indirect(0xffff_fff0)] },
  "an indirect table that is nowhere": {
    chain: [{ address: 0x9000_0000, length: 16, flags: INDIRECT }],
    result: -EFAULT,
  },
  "an indirect table that goes beyond its region": {
    chain: [{ address: 0x2_0000_3ff8, length: 16, flags: INDIRECT }],
    result: -EFAULT,
  },
  "a buffer that is nowhere": {
    chain: [{ address: 0x9000_0000, length: 1, flags: 0 }],
    result: -EFAULT,
  },
  "a buffer one byte longer than its region": {
    chain: [{ address: 0x2_0000_0000, length: 0x4001, flags: WRITE }],
    result: -EFAULT,
  },
  "a buffer that begins one byte before its region": {
    chain: [{ address: 0xffff, length: 2, flags: 0 }],
    result: -EFAULT,
  },
  "a buffer that begins where its region ends": {
    chain: [{ address: 0x18000, length: 1, flags: 0 }],
    result: -EFAULT,
  },
  "a buffer whose end wraps around": {
    chain: [{ address: 0xffff_ffff_ffff_ffffn, length: 0x10001, flags: 0 }],
    result: -EFAULT,
  },
  "an address that is in a region modulo 2^32": {
    chain: [{ address: 0x7_0001_0000n, length: 1, flags: 0 }],
    result: -EFAULT,
  },
  "an address that is in a region modulo 2^53": {
    chain: [{ address: (1n << 53n) + 0x10000n, length: 1, flags: 0 }],
    result: -EFAULT,
  },
  "the largest length": {
    chain: [{ address: 0x10000, length: 0xffff_ffff, flags: 0 }],
    result: -EFAULT,
  },
};

for (
  const [name, { chain, table, result = -EIO, ...how }] of Object.entries(CASES)
) {
  Deno.test(`refused: ${name}`, () => {
    using memory = new Memory();
    if (table !== undefined) memory.writeTable(0x12000, table);
    equal(memory.load(chain, how), result);
    // What was found before is in the guest's memory.
    const { readableSize, writableSize } = memory.chain;
    equal(memory.fetched(readableSize).length, readableSize);
    memory.store(Array(writableSize).fill(1));
    // And the next one is served.
    memory.write(0x10000, [1, 2, 3]);
    deepEqual(memory.read(0x10000, 3), [1, 2, 3]);
  });
}

const HEADER = [56, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8];

Deno.test("a request with a buffer that is nowhere is answered if it has its headers", () => {
  using memory = new Memory();
  memory.write(0x10000, HEADER);
  const result = memory.load([
    { address: 0x10000, length: 16, flags: NEXT, next: 1 },
    { address: 0x9000_0000, length: 4096, flags: NEXT, next: 2 },
    { address: 0x10000, length: 4096, flags: NEXT, next: 3 },
    { address: 0x11000, length: 16, flags: NEXT | WRITE, next: 4 },
    { address: 0x9000_0000, length: 4096, flags: WRITE },
  ]);
  equal(result, -EFAULT);
  const { chain } = memory;
  // What is behind the hole does not count.
  deepEqual([chain.readableSize, chain.writableSize], [16, 16]);
  equal(chain.refuse(EFAULT), 16);
  deepEqual(
    memory.read(0x11000, 16),
    [16, 0, 0, 0, 256 - EFAULT, 255, 255, 255, 1, 2, 3, 4, 5, 6, 7, 8],
  );
});

Deno.test("what a fault has begun with does not lengthen the piece before it", () => {
  using memory = new Memory();
  const result = memory.load([
    { address: 0x2_0000_3000, length: 0x800, flags: NEXT, next: 1 },
    // Adjacent, and too long for the region.
    { address: 0x2_0000_3800, length: 0x1000, flags: 0 },
  ]);
  equal(result, -EFAULT);
  equal(memory.chain.readableSize, 0x800);
  equal(memory.chain.readVector(0, 0x10000), 1);
  deepEqual(memory.vector(1), [[memory.ours(0x2_0000_3000), 0x800n]]);
});

Deno.test("a request without room for a header is not answered", () => {
  using memory = new Memory();
  memory.load([
    { address: 0x10000, length: 16, flags: NEXT, next: 1 },
    { address: 0x11000, length: 15, flags: WRITE },
  ]);
  equal(memory.chain.refuse(EIO), 0);
  memory.load([
    { address: 0x10000, length: 15, flags: NEXT, next: 1 },
    { address: 0x11000, length: 16, flags: WRITE },
  ]);
  equal(memory.chain.refuse(EIO), 0);
});

Deno.test("each word of a descriptor is read once", () => {
  using memory = new Memory();
  memory.write(0x10000, [1, 2, 3, 4]);
  const table = memory.table([
    { address: 0x10000, length: 4, flags: NEXT, next: 1 },
    { address: 0x11000, length: 16, flags: WRITE },
  ]);
  const reads = new Map<number, number>();
  // A guest that changes each word as soon as it was read.
  const changing = new Proxy(table, {
    get(target, key) {
      const index = Number(key);
      const value = target[index]!;
      reads.set(index, (reads.get(index) ?? 0) + 1);
      target[index] = 0xffff_ffff;
      return value;
    },
  });
  equal(memory.chain.load(changing, 16, 0, true), 0);
  deepEqual([...reads], [0, 1, 2, 3, 4, 5, 6, 7].map((index) => [index, 1]));
  deepEqual(memory.fetched(), [1, 2, 3, 4]);
});

Deno.test("an indirect table is copied before it is looked at", () => {
  using memory = new Memory();
  memory.write(0x10000, [1, 2, 3, 4]);
  // The writable buffer is the table itself.
  memory.writeTable(0x12000, [
    { address: 0x10000, length: 4, flags: NEXT, next: 1 },
    { address: 0x12000, length: 32, flags: WRITE },
  ]);
  equal(memory.load([indirect(32)]), 0);
  memory.store(Array(32).fill(255));
  deepEqual(memory.fetched(), [1, 2, 3, 4]);
  equal(memory.chain.writeVector(0, 32), 1);
  deepEqual(memory.vector(1), [[memory.ours(0x12000), 32n]]);
});
