/**
 * Lays a request out in the guest's memory: spread over descriptors at random,
 * and some of the descriptors are not what they should be.
 *
 * @module
 */
import type { FrontEnd } from "../../../src/vhost_user_fs/client/front_end.ts";
import { UNTOUCHED } from "../../../src/vhost_user_fs/client/layout.ts";
import {
  DESC_F_INDIRECT,
  DESC_F_NEXT,
  DESC_F_WRITE,
  type Ring,
} from "../../../src/vhost_user_fs/client/ring.ts";
import type { Random } from "../../differential/random.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What one request has of the memory: its bytes, its answer's, and a table. */
const QUESTION = 24 * 1024, ANSWER = 24 * 1024, TABLE = 4096;
export const SLOT = QUESTION + ANSWER + TABLE;

/** A direct chain has so many descriptors at most: 32 of them fit into a ring. */
const MOST_DIRECT = 12;

/** How often a chain is not what it should be, in percent. */
const WRONG = 8;

/** Lengths that never reach into another slot: small, or beyond all memory. */
const LENGTHS = [0, 1, 15, 16, 17, 39, 40, 41, 0x7fff_ffff, 0xffff_ffff];

interface Descriptor {
  address: bigint;
  length: number;
  flags: number;
  next: number;
}

/** A chain that was laid out. */
export interface Chain {
  readonly head: number;
  /** Whether it is what a driver may make. */
  readonly right: boolean;
  /** Bytes of the answer, in order. */
  answer(): Bytes;
  /** Bytes that there is room for. */
  readonly room: number;
}

interface Piece {
  readonly at: number;
  readonly length: number;
}

/** Lays out `question`, with `room` for the answer, in slot `index`. */
export function layOut(
  { memory, requestArea }: FrontEnd,
  ring: Ring,
  index: number,
  question: Bytes,
  room: number,
  random: Random,
): Chain {
  const base = requestArea + index * SLOT;
  const indirect = random.chance(70);
  const most = indirect ? 100 : MOST_DIRECT / 2;
  const readable = cut(base, question.length, most, random);
  const writable = cut(base + QUESTION, room, most, random);
  let done = 0;
  for (const { at, length } of readable) {
    memory.bytes.set(question.subarray(done, done + length), at);
    done += length;
  }
  for (const { at, length } of writable) {
    memory.bytes.fill(UNTOUCHED, at, at + length);
  }
  const pieces = [...readable, ...writable];
  const chain = pieces.map(({ at, length }, place): Descriptor => ({
    address: BigInt(memory.guestAddress + at),
    length,
    flags: (place + 1 < pieces.length ? DESC_F_NEXT : 0) |
      (place >= readable.length ? DESC_F_WRITE : 0),
    next: place + 1,
  }));
  // What an earlier chain has left there would be carried out.
  if (chain.length === 0) {
    chain.push({ address: 0n, length: 0, flags: 0, next: 0 });
  }
  const right = !random.chance(WRONG);
  const beyond = BigInt(memory.guestAddress + memory.size);
  if (!right) spoil(chain, beyond, random);
  let taken: number[];
  if (indirect) {
    taken = ring.claim(1);
    const table = base + QUESTION + ANSWER;
    chain.forEach((one, place) => put(memory.view, table + 16 * place, one));
    const outer: Descriptor = {
      address: BigInt(memory.guestAddress + table),
      length: 16 * chain.length,
      flags: DESC_F_INDIRECT,
      next: 0,
    };
    if (!right && random.chance(30)) spoilTable(outer, beyond, random);
    put(memory.view, ring.descriptorAt(taken[0]!), outer);
  } else {
    taken = ring.claim(chain.length);
    chain.forEach((one, place) => {
      // Never into another chain, whose answer would be written to.
      const next = taken[one.next] ?? 60_000;
      put(memory.view, ring.descriptorAt(taken[place]!), { ...one, next });
    });
  }
  return {
    head: taken[0]!,
    right: right && pieces.length > 0,
    room,
    answer() {
      const bytes = new Uint8Array(room);
      let done = 0;
      for (const { at, length } of writable) {
        bytes.set(memory.bytes.subarray(at, at + length), done);
        done += length;
      }
      return bytes;
    },
  };
}

/** Cuts `size` bytes from `start` on: in one piece, after the header, or anywhere, with nothing between. */
function cut(
  start: number,
  size: number,
  most: number,
  random: Random,
): Piece[] {
  const kind = random.below(10);
  const cuts: number[] = [];
  if (kind > 8) {
    for (let count = random.below(most); count > 0; count--) {
      cuts.push(random.below(size + 1));
    }
    cuts.sort((one, other) => one - other);
  } else if (kind > 2) {
    cuts.push(Math.min(size, random.pick([16, 40])));
  }
  const pieces: Piece[] = [];
  let from = 0, gap = 0;
  for (const to of [...cuts, size]) {
    // Drivers make no descriptor of no bytes; some do.
    if (to > from || kind > 8 && random.chance(20)) {
      pieces.push({ at: start + from + gap, length: to - from });
    }
    gap += random.below(4);
    from = to;
  }
  return pieces;
}

function spoil(chain: Descriptor[], beyond: bigint, random: Random): void {
  const place = random.below(chain.length);
  const one = chain[place]!;
  switch (random.below(6)) {
    case 0:
      one.flags ^= 1 << random.below(16);
      return;
    case 1:
      one.next = random.pick([0, place, chain.length, 255, 65535]);
      one.flags |= DESC_F_NEXT;
      return;
    case 2:
      one.address = random.pick([
        ...[0n, 0xfffn, 1n << 52n, (1n << 63n) + 4096n, (1n << 64n) - 1n],
        ...[(1n << 64n) - 8n, beyond, beyond - 8n, one.address | 1n << 62n],
      ]);
      return;
    case 3:
      one.length = random.pick(LENGTHS);
      return;
    case 4:
      chain.reverse();
      return;
    default:
      for (const each of chain) each.length = 0xffff_ffff;
  }
}

function spoilTable(outer: Descriptor, beyond: bigint, random: Random): void {
  switch (random.below(4)) {
    case 0:
      outer.length = random.pick([0, 1, 15, 17, 0xffff_fff0, 16 * 65536]);
      return;
    case 1:
      outer.flags |= random.pick([DESC_F_NEXT, DESC_F_WRITE, 0x8000]);
      return;
    case 2:
      outer.address = random.pick([0n, (1n << 64n) - 16n, beyond - 8n]);
      return;
    default:
      outer.length -= 16;
  }
}

function put(
  view: DataView,
  at: number,
  { address, length, flags, next }: Descriptor,
): void {
  view.setBigUint64(at, address, true);
  view.setUint32(at + 8, length, true);
  view.setUint16(at + 12, flags, true);
  view.setUint16(at + 14, next, true);
}
