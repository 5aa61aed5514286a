/**
 * What the guest knows by a node number: one O_PATH descriptor each, and how
 * many references the guest holds.
 *
 * A node number is a slot's index, and above it the slot's generation: what the
 * guest has let go of, or never had, leads nowhere. Typed arrays, as one object
 * an inode would be work for the garbage collector.
 *
 * @module
 */
import { S_IFMT } from "../../../ffi/constants.ts";
import { STATX } from "../../../ffi/files.ts";
import type { Fd } from "../../../ffi/results.ts";
import type { Budget } from "./budget.ts";

declare const slot: unique symbol;
/** The index of a known inode. */
export type Slot = number & { readonly [slot]: true };

/** The root directory, which is always known. */
export const ROOT = 1 as Slot;

const FIRST = 2;
const FIRST_CAPACITY = 1024;
/** A node number stays below 2^53. */
const GENERATIONS = 0x1f_ffff;
/** Words of an inode's identity: ino, device, mount. */
const IDENTITY = 6;
const NONE = 0;
const CLOSED = -1;

/** All of them. */
export class Inodes {
  readonly #close: (fd: Fd) => void;
  readonly #budget: Budget;
  #capacity = FIRST_CAPACITY;
  #fds = new Int32Array(FIRST_CAPACITY).fill(CLOSED);
  #generations = new Uint32Array(FIRST_CAPACITY);
  /** References that the guest holds. */
  #references = new Float64Array(FIRST_CAPACITY);
  /** The type within `st_mode`, which no inode changes. */
  #types = new Uint16Array(FIRST_CAPACITY);
  #identities = new Uint32Array(FIRST_CAPACITY * IDENTITY);
  /** The next slot with the same hash, or the next free one. */
  #next = new Int32Array(FIRST_CAPACITY);
  #buckets = new Int32Array(FIRST_CAPACITY);
  #free = NONE;
  /** How many the guest knows, without the root. */
  count = 0;
  /** Slots from here on were never used. */
  #end = FIRST;

  /** `root` stays open; `statx` is what statx(2) says of it. */
  constructor(
    close: (fd: Fd) => void,
    budget: Budget,
    root: Fd,
    statx: Uint32Array,
  ) {
    this.#close = close;
    this.#budget = budget;
    this.#put(ROOT, root, statx);
  }

  /** The slot of a node number, given by halves; 0 where it leads nowhere. */
  slotOf(low: number, high: number): Slot | 0 {
    return low !== NONE && low < this.#end && this.#fds[low]! !== CLOSED &&
        this.#generations[low] === high
      ? low as Slot
      : 0;
  }

  /** The upper half of a slot's node number; the lower is the slot. */
  generation(slot: Slot): number {
    return this.#generations[slot]!;
  }

  /** An O_PATH descriptor. */
  fd(slot: Slot): Fd {
    return this.#fds[slot]! as Fd;
  }

  /** The type within `st_mode`. */
  type(slot: Slot): number {
    return this.#types[slot]!;
  }

  /** How many references the guest holds. */
  references(slot: Slot): number {
    return this.#references[slot]!;
  }

  /** The slot of the inode that `statx` is of; 0 where it is not known. */
  find(statx: Uint32Array): Slot | 0 {
    const identities = this.#identities;
    for (
      let slot = this.#buckets[this.#hash(statx)]!;
      slot !== NONE;
      slot = this.#next[slot]!
    ) {
      const at = slot * IDENTITY;
      if (
        identities[at] === statx[STATX.ino] &&
        identities[at + 1] === statx[STATX.ino + 1] &&
        identities[at + 2] === statx[STATX.devMajor] &&
        identities[at + 3] === statx[STATX.devMinor] &&
        identities[at + 4] === statx[STATX.mountId] &&
        identities[at + 5] === statx[STATX.mountId + 1]
      ) return slot as Slot;
    }
    return 0;
  }

  /** Whether what `statx` is of lies on another mount or file system than a known inode. */
  isElsewhere(slot: Slot, statx: Uint32Array): boolean {
    const identities = this.#identities, at = slot * IDENTITY;
    return identities[at + 2] !== statx[STATX.devMajor] ||
      identities[at + 3] !== statx[STATX.devMinor] ||
      identities[at + 4] !== statx[STATX.mountId] ||
      identities[at + 5] !== statx[STATX.mountId + 1];
  }

  /** One more reference. */
  take(slot: Slot): void {
    this.#references[slot]! += 1;
  }

  /** Makes an inode known, with one reference; `fd` belongs to it from here on. */
  add(fd: Fd, statx: Uint32Array): Slot {
    let slot = this.#free;
    if (slot === NONE) {
      if (this.#end === this.#capacity) this.#grow();
      slot = this.#end++;
    } else {
      this.#free = this.#next[slot]!;
    }
    this.#put(slot, fd, statx);
    this.#references[slot] = 1;
    this.#budget.used++;
    this.count++;
    return slot as Slot;
  }

  /** Gives back `count` references; at the last one the node number leads nowhere. */
  forget(low: number, high: number, count: number): void {
    const slot = this.slotOf(low, high);
    if (slot === 0 || slot === ROOT) return;
    const left = this.#references[slot]! - count;
    if (left > 0) this.#references[slot] = left;
    else this.#drop(slot);
  }

  /** Forgets everything but the root. */
  reset(): void {
    for (let slot = FIRST; slot < this.#end; slot++) {
      if (this.#fds[slot]! !== CLOSED) this.#drop(slot as Slot);
    }
  }

  #put(slot: number, fd: Fd, statx: Uint32Array): void {
    this.#fds[slot] = fd;
    this.#types[slot] = statx[STATX.mode]! & S_IFMT;
    const identities = this.#identities, at = slot * IDENTITY;
    identities[at] = statx[STATX.ino]!;
    identities[at + 1] = statx[STATX.ino + 1]!;
    identities[at + 2] = statx[STATX.devMajor]!;
    identities[at + 3] = statx[STATX.devMinor]!;
    identities[at + 4] = statx[STATX.mountId]!;
    identities[at + 5] = statx[STATX.mountId + 1]!;
    const bucket = this.#hash(statx);
    this.#next[slot] = this.#buckets[bucket]!;
    this.#buckets[bucket] = slot;
  }

  #drop(slot: Slot): void {
    const bucket = this.#hashOf(slot);
    let before = NONE;
    for (
      let at = this.#buckets[bucket]!;
      at !== slot;
      at = this.#next[at]!
    ) before = at;
    if (before === NONE) this.#buckets[bucket] = this.#next[slot]!;
    else this.#next[before] = this.#next[slot]!;
    this.#close(this.#fds[slot]! as Fd);
    this.#fds[slot] = CLOSED;
    this.#references[slot] = 0;
    this.#generations[slot] = (this.#generations[slot]! + 1) & GENERATIONS;
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#budget.used--;
    this.count--;
  }

  #hash(statx: Uint32Array): number {
    return this.#mix(
      statx[STATX.ino]!,
      statx[STATX.ino + 1]!,
      statx[STATX.devMinor]!,
    );
  }

  #hashOf(slot: Slot): number {
    const identities = this.#identities, at = slot * IDENTITY;
    return this.#mix(
      identities[at]!,
      identities[at + 1]!,
      identities[at + 3]!,
    );
  }

  /** Which bucket: there are as many as slots, a power of two. */
  #mix(low: number, high: number, device: number): number {
    let hash = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
    hash = Math.imul(hash ^ hash >>> 15 ^ device, 0xc2b2ae35);
    return (hash ^ hash >>> 13) & (this.#capacity - 1);
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#fds = grown(this.#fds, new Int32Array(this.#capacity).fill(CLOSED));
    this.#generations = grown(
      this.#generations,
      new Uint32Array(this.#capacity),
    );
    this.#references = grown(
      this.#references,
      new Float64Array(this.#capacity),
    );
    this.#types = grown(this.#types, new Uint16Array(this.#capacity));
    this.#identities = grown(
      this.#identities,
      new Uint32Array(this.#capacity * IDENTITY),
    );
    this.#next = grown(this.#next, new Int32Array(this.#capacity));
    this.#buckets = new Int32Array(this.#capacity);
    // None is free, or there was no need to grow.
    for (let slot: number = ROOT; slot < this.#end; slot++) {
      const bucket = this.#hashOf(slot as Slot);
      this.#next[slot] = this.#buckets[bucket]!;
      this.#buckets[bucket] = slot;
    }
  }
}

function grown<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}
