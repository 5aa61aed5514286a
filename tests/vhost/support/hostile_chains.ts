/**
 * Hand-made chains, and how they end: an error, or nothing written at all.
 *
 * @module
 */
import {
  type HostileChain,
  INDIRECT,
  NEXT,
  type Raw,
  WRITE,
} from "./hostile_chain.ts";

type Case = readonly [
  what: string,
  make: (made: HostileChain) => Raw[],
  ending: RegExp,
];

const ERROR = /^used (0|16, -\d+)$/;
const DONE = /^used 120, 0$/;
const LONG = 0xffff_ffff;

/** Direct chains, and how they end. */
export const CHAINS: readonly Case[] = [
  ["a good chain", ({ good }) => good, DONE],
  [
    "a chain that ends in itself",
    (
      { good: [first, second] },
    ) => [first, { ...second, flags: WRITE | NEXT, next: 1 }],
    ERROR,
  ],
  [
    "a chain that ends in its beginning",
    (
      { good: [first, second] },
    ) => [first, { ...second, flags: WRITE | NEXT, next: 0 }],
    ERROR,
  ],
  [
    "a next beyond the ring",
    ({ good: [first, second] }) => [{ ...first, next: 60000 }, second],
    ERROR,
  ],
  [
    "a readable part behind a writable one",
    (
      { good: [first, second] },
    ) => [{ ...second, flags: WRITE | NEXT, next: 1 }, { ...first, flags: 0 }],
    ERROR,
  ],
  [
    "nothing to write to",
    ({ good: [first] }) => [{ ...first, flags: 0 }],
    ERROR,
  ],
  [
    "too little to write to",
    ({ good: [first, second] }) => [first, { ...second, length: 15 }],
    ERROR,
  ],
  [
    "a header's room alone",
    ({ good: [first, second] }) => [first, { ...second, length: 16 }],
    ERROR,
  ],
  ["nothing to read", ({ good: [, second] }) => [second], ERROR],
  [
    "half a header",
    ({ good: [first, second] }) => [{ ...first, length: 39 }, second],
    ERROR,
  ],
  [
    "a header and half of what belongs to it",
    ({ good: [first, second] }) => [{ ...first, length: 50 }, second],
    ERROR,
  ],
  [
    "a descriptor of no bytes",
    (
      { good: [first, second] },
    ) => [{ ...first, length: 0 }, { ...first, next: 2 }, second],
    /^used/,
  ],
  [
    "lengths that add up to more than 32 bits",
    (
      { good: [first, second] },
    ) => [first, { ...second, length: LONG, flags: WRITE | NEXT, next: 2 }, {
      ...second,
      length: LONG,
    }],
    ERROR,
  ],
  [
    "a length of 4 GiB",
    ({ good: [first, second] }) => [{ ...first, length: LONG }, second],
    ERROR,
  ],
  [
    "a writable length of 4 GiB",
    ({ good: [first, second] }) => [first, { ...second, length: LONG }],
    ERROR,
  ],
  [
    "an address that wraps around",
    (
      { good: [first, second] },
    ) => [{ ...first, address: 2n ** 64n - 8n }, second],
    ERROR,
  ],
  [
    "an address that no memory has",
    ({ good: [first, second] }) => [{ ...first, address: 0x10n }, second],
    ERROR,
  ],
  [
    "an answer that goes where no memory is",
    ({ good: [first, second] }) => [first, { ...second, address: 0x10n }],
    ERROR,
  ],
  [
    "the same memory for both",
    (
      { good: [first, second] },
    ) => [first, { ...second, address: first.address }],
    /^used 120/,
  ],
  [
    "an indirect table of no bytes",
    ({ table }) => [{ address: table, length: 0, flags: INDIRECT }],
    ERROR,
  ],
  [
    "an indirect table of 17 bytes",
    ({ table }) => [{ address: table, length: 17, flags: INDIRECT }],
    ERROR,
  ],
  [
    "an indirect table of 4 GiB",
    ({ table }) => [{ address: table, length: LONG - 15, flags: INDIRECT }],
    ERROR,
  ],
  [
    "an indirect table that no memory has",
    () => [{ address: 0x10n, length: 32, flags: INDIRECT }],
    ERROR,
  ],
  [
    "an indirect table and a next one",
    (
      { table, good: [, second] },
    ) => [
      { address: table, length: 32, flags: INDIRECT | NEXT, next: 1 },
      second,
    ],
    ERROR,
  ],
  [
    "an unknown flag",
    ({ good: [first, second] }) => [{ ...first, flags: NEXT | 0x4000 }, second],
    /^used/,
  ],
];

/** Indirect tables. */
export const TABLES: readonly Case[] = [
  ["a good table", ({ good }) => good, DONE],
  [
    "a table with a loop",
    (
      { good: [first, second] },
    ) => [first, { ...second, flags: WRITE | NEXT, next: 0 }],
    ERROR,
  ],
  [
    "a table with an entry that is its own next",
    ({ good: [first] }) => [{ ...first, next: 0 }],
    ERROR,
  ],
  [
    "a table with a next beyond it",
    ({ good: [first, second] }) => [{ ...first, next: 2 }, second],
    ERROR,
  ],
  [
    "a table within a table",
    (
      { table, good: [first] },
    ) => [first, { address: table, length: 32, flags: INDIRECT }],
    ERROR,
  ],
  [
    "a table whose first entry is a table",
    ({ table }) => [{ address: table, length: 16, flags: INDIRECT }],
    ERROR,
  ],
];
