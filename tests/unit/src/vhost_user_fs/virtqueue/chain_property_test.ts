/** Random chains over random memories, held against a model that knows bytes only. */
import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { EFAULT, EIO } from "../../../../../ffi/errno.ts";
import { type Descriptor, INDIRECT, Memory, NEXT, WRITE } from "./chains.ts";

const RING = 8;
const PAGE = 0x1000;
/** Tables and all else are below; it is the least that memory has. */
const BASE = 0x10000;

/** Neighbours, and holes between them. */
const places = fc.array(
  fc.record({
    gap: fc.constantFrom(0, 0, 0, PAGE, 0x1_0000_0000),
    size: fc.constantFrom(PAGE, 2 * PAGE),
  }),
  { minLength: 1, maxLength: 5 },
).map((parts) => {
  let at = BASE;
  return parts.map(({ gap, size }) => {
    const guest = at + gap;
    at = guest + size;
    return { guest, size };
  });
});

/** Mostly in the memory, often at its borders. */
const descriptor = (regions: readonly { guest: number; size: number }[]) =>
  fc.record({
    address: fc.oneof(
      {
        weight: 20,
        arbitrary: fc.tuple(
          fc.constantFrom(...regions),
          fc.oneof(fc.nat(PAGE - 1), fc.constantFrom(0, PAGE - 1, PAGE - 8)),
        ).map(([{ guest }, offset]) => BigInt(guest + offset)),
      },
      { weight: 1, arbitrary: fc.bigInt(0n, (1n << 64n) - 1n) },
    ),
    length: fc.oneof(
      { weight: 20, arbitrary: fc.nat(64) },
      { weight: 2, arbitrary: fc.nat(2 * PAGE) },
      { weight: 1, arbitrary: fc.nat(0xffff_ffff) },
    ),
    flags: fc.constantFrom(0, NEXT, NEXT, NEXT, NEXT | WRITE, WRITE, INDIRECT),
    next: fc.oneof(
      { weight: 20, arbitrary: fc.nat(RING - 1) },
      { weight: 1, arbitrary: fc.nat(0xffff) },
    ),
  });

const scenes = places.chain((regions) =>
  fc.record({
    places: fc.constant(regions),
    table: fc.array(descriptor(regions), {
      minLength: RING,
      maxLength: RING,
    }),
    indirect: fc.boolean(),
    /** Put at the beginning of the memory; its length may lie. */
    inner: fc.array(descriptor(regions), { minLength: 1, maxLength: RING }),
    innerLength: fc.oneof(fc.constant(-1), fc.nat(200)),
  })
);

/** What a chain is, by the specification: the guest's address of each byte of both parts. */
interface Model {
  readonly result: number;
  readonly readable: number[];
  readonly writable: number[];
}

type Scene = typeof scenes extends fc.Arbitrary<infer T> ? T : never;

function model(
  scene: Scene,
  table: readonly Descriptor[],
  inner: readonly Descriptor[],
): Model {
  const readable: number[] = [], writable: number[] = [];
  const holds = (address: bigint) =>
    scene.places.some(({ guest, size }) =>
      address >= BigInt(guest) && address < BigInt(guest + size)
    );
  /** The first that is in no region, of the bytes of a buffer, decides: regions are short. */
  const bytesOf = (address: bigint, length: number): number[] | undefined => {
    const bytes: number[] = [];
    for (let i = 0; i < length; i++) {
      if (!holds(address + BigInt(i))) return undefined;
      bytes.push(Number(address) + i);
    }
    return bytes;
  };
  let writing = false, total = 0, readFault = false, writeFault = false;
  const walk = (descriptors: readonly Descriptor[], depth: number): number => {
    let index = 0;
    for (let steps = 0; steps < descriptors.length; steps++) {
      const one = descriptors[index];
      if (one === undefined) return -EIO;
      const { address, length, flags, next = 0 } = one;
      if (flags & INDIRECT) {
        if (!scene.indirect || depth > 0 || flags & NEXT) return -EIO;
        if (length === 0 || length % 16 !== 0 || length > 16 * 1028) {
          return -EIO;
        }
        if (bytesOf(BigInt(address), length) === undefined) return -EFAULT;
        return walk(inner.slice(0, length / 16), 1);
      }
      const write = (flags & WRITE) !== 0;
      if (writing && !write) return -EIO;
      writing = write;
      // Bytes behind a fault are not counted.
      if (total + length > 0xffff_ffff) return -EIO;
      const faulted = write ? writeFault : readFault;
      if (!faulted && length > 0) {
        const bytes = bytesOf(BigInt(address), length);
        if (bytes !== undefined) {
          (write ? writable : readable).push(...bytes);
          total += length;
        } else if (write) writeFault = true;
        else readFault = true;
      }
      if ((flags & NEXT) === 0) return 0;
      index = next;
    }
    return -EIO;
  };
  const result = walk(table, 0);
  return {
    result: result < 0 ? result : readFault || writeFault ? -EFAULT : 0,
    readable,
    writable,
  };
}

Deno.test("a chain is what the specification says, and no more than that is touched", () => {
  fc.assert(
    fc.property(scenes, (scene) => {
      using memory = new Memory(scene.places);
      const base = scene.places[0]!.guest;
      const inner = scene.inner;
      const length = scene.innerLength < 0
        ? 16 * inner.length
        : scene.innerLength;
      const table = scene.table.map((one): Descriptor =>
        one.flags === INDIRECT ? { ...one, address: BigInt(base), length } : one
      );
      // Behind the table the memory is zero: descriptors of nothing.
      const zero = { address: 0n, length: 0, flags: 0, next: 0 };
      const whole = [...inner, ...Array(20).fill(zero)];
      memory.writeTable(base, inner);
      const expected = model(scene, table, whole);
      const result = memory.load(table, {
        size: RING,
        indirect: scene.indirect,
      });
      const { chain } = memory;
      equal(result, expected.result);
      deepEqual(
        [chain.readableSize, chain.writableSize],
        [expected.readable.length, expected.writable.length],
      );
      const ours = (guest: number) => memory.ours(guest);
      const vectorOf = (count: number) =>
        memory.vector(count).flatMap(([address, size]) =>
          Array.from({ length: Number(size) }, (_, i) => address + BigInt(i))
        );
      deepEqual(
        vectorOf(chain.readVector(0, 0xffff_ffff)),
        expected.readable.map(ours),
      );
      deepEqual(
        vectorOf(chain.writeVector(0, 0xffff_ffff)),
        expected.writable.map(ours),
      );
    }),
    { numRuns: 300 },
  );
});
