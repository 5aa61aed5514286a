/** The table of inode numbers: no two files have one number, and none ever gets another. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import fc from "fast-check";
import { STATX } from "../../../../../ffi/files.ts";
import { InodeNumbers } from "../../../../../src/proxy/files/inode_numbers.ts";

const ROOT = { major: 254, minor: 1 };

/** A file as statx(2) tells of it. */
interface File {
  readonly major: number;
  readonly minor: number;
  readonly inode: bigint;
}

function statxOf({ major, minor, inode }: File): Uint32Array {
  const statx = new Uint32Array(STATX.size / 4);
  statx[STATX.devMajor] = major;
  statx[STATX.devMinor] = minor;
  statx[STATX.ino] = Number(inode & 0xffff_ffffn);
  statx[STATX.ino + 1] = Number(inode >> 32n);
  return statx;
}

/** The table, and what the guest is told of it. */
function table(root = ROOT) {
  let full = 0;
  const numbers = new InodeNumbers(root, () => full++);
  return {
    numbers,
    full: () => full,
    number(file: File): bigint {
      const statx = statxOf(file);
      numbers.translate(statx);
      return BigInt(statx[STATX.ino]!) | BigInt(statx[STATX.ino + 1]!) << 32n;
    },
    mask: (file: File) => numbers.generationMask(statxOf(file)) >>> 0,
  };
}

const on = (device: number, inode: bigint): File => ({
  major: device === 0 ? ROOT.major : 0,
  minor: device === 0 ? ROOT.minor : device,
  inode,
});

/** Few devices, and upper bits that prefixes are made of, so that they meet. */
const files = fc.array(
  fc.record({
    device: fc.nat({ max: 5 }),
    high: fc.oneof(
      fc.constant(0),
      fc.nat({ max: 12 }),
      fc.nat({ max: 0xffff }),
    ),
    low: fc.oneof(fc.bigInt(0n, 3n), fc.bigInt(0n, (1n << 48n) - 1n)),
  }).map(({ device, high, low }) => on(device, BigInt(high) << 48n | low)),
  { maxLength: 200 },
);

Deno.test("No two files have one number, whatever comes first, and each keeps its own", () => {
  fc.assert(
    fc.property(files, (files) => {
      const { number, full } = table();
      const given = new Map<bigint, string>();
      const first = files.map(number);
      for (const [at, file] of files.entries()) {
        const name = `${file.major}:${file.minor} ${file.inode}`;
        equal(given.get(first[at]!) ?? name, name);
        given.set(first[at]!, name);
      }
      deepEqual(files.map(number), first);
      equal(full(), 0);
    }),
    { numRuns: 500 },
  );
});

Deno.test("The lower 48 bits of a number are the file system's own", () => {
  fc.assert(fc.property(files, (files) => {
    const { number } = table();
    for (const file of files) {
      equal(BigInt.asUintN(48, number(file)), BigInt.asUintN(48, file.inode));
    }
  }));
});

Deno.test("The root's file system keeps its numbers, with upper bits too", () => {
  const { number, numbers } = table();
  for (const inode of [0n, 1n, 2n, 1n << 32n, (1n << 48n) - 1n]) {
    equal(number(on(0, inode)), inode);
  }
  for (const high of [1n, 2n, 0x4000n, 0x8000n, 0xffffn]) {
    equal(number(on(0, high << 48n | 7n)), high << 48n | 7n);
  }
  equal(numbers.several, false);
});

Deno.test("Others are numbered from 1, past what the root has", () => {
  const { number, numbers } = table();
  number(on(0, 2n << 48n | 5n));
  equal(number(on(1, 5n)), 1n << 48n | 5n);
  equal(numbers.several, true);
  equal(number(on(2, 5n)), 3n << 48n | 5n);
  // A prefix that is given away is not the root's any more.
  equal(number(on(0, 1n << 48n | 5n)), 4n << 48n | 5n);
  equal(number(on(0, 9n << 48n | 5n)), 9n << 48n | 5n);
  equal(number(on(2, 5n)), 3n << 48n | 5n);
  equal(number(on(0, 5n)), 5n);
});

Deno.test("Device numbers of all sizes are told apart", () => {
  const { number } = table({ major: 0, minor: 0 });
  const devices = [[0, 1], [1, 0], [0, 0xfffff], [4095, 0], [4095, 0xfffff]];
  const found = devices.map(([major = 0, minor = 0]) =>
    number({ major, minor, inode: 2n })
  );
  equal(new Set([2n, ...found]).size, devices.length + 1);
  equal(number({ major: 0, minor: 0, inode: 2n }), 2n);
});

Deno.test("Generations are masked on every device but the root's, each in its own way", () => {
  const { mask } = table();
  equal(mask(on(0, 5n)), 0);
  equal(mask(on(0, 3n << 48n | 5n)), 0);
  const masks = [1, 2, 3, 4].map((device) => mask(on(device, 5n)));
  equal(new Set([0, ...masks]).size, 5);
  deepEqual([1, 2, 3, 4].map((device) => mask(on(device, 6n))), masks);
  // Generations count up from small numbers on some file systems.
  for (const mask of masks) equal(mask & 0xffff, 0);
});

Deno.test("More devices than prefixes: said once, numbers stay, and are still different", () => {
  const { number, mask, full } = table();
  const count = 70_000;
  const first = new Set<bigint>();
  for (let device = 0; device < count; device++) {
    first.add(number(on(device, 256n)));
    equal(full(), device < 65_536 ? 0 : 1);
  }
  equal(first.size, count);
  const again = [...first.keys()];
  for (let device = 0; device < count; device += 97) {
    equal(number(on(device, 256n)), again[device]);
  }
  // Within one device no two are alike.
  const late = new Set<bigint>();
  for (let inode = 0n; inode < 10_000n; inode++) {
    late.add(number(on(count, inode)));
  }
  equal(late.size, 10_000);
  equal(late.isDisjointFrom(first), true);
  equal(number(on(0, 1n << 48n)) === 1n << 48n, false);
  notEqual(mask(on(count, 1n)), mask(on(count + 1, 1n)));
  equal(mask(on(0, 1n)), 0);
  equal(full(), 1);
});

Deno.test("A root that uses all of its upper bits keeps them all", () => {
  const { number, full } = table();
  for (let high = 0xffffn; high >= 0n; high--) {
    equal(number(on(0, high << 48n | 1n)), high << 48n | 1n);
  }
  equal(full(), 0);
  notEqual(number(on(1, 1n)), 1n);
  equal(full(), 1);
  equal(number(on(0, 1n << 48n | 1n)), 1n << 48n | 1n);
});
