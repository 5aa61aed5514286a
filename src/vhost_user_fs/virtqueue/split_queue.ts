/**
 * A split virtqueue, from the device's side: virtio 1.2, 2.7.
 *
 * Its three tables are the guest's memory, as typed arrays. Indices and events
 * go by `Atomics`, whose stores and loads are sequentially consistent: what was
 * stored before is seen by whoever sees them, and a load behind a store is not
 * done before it.
 *
 * @module
 */
import { DESCRIPTOR_SIZE } from "./chain.ts";
import {
  AVAIL_NO_INTERRUPT,
  needsEvent,
  USED_NO_NOTIFY,
} from "./notification.ts";

/** Bytes of the tables of a ring. */
export const ringSizes = (size: number) => ({
  descriptors: DESCRIPTOR_SIZE * size,
  /** u16 flags, u16 idx, u16 ring[], u16 used_event. */
  available: 6 + 2 * size,
  /** u16 flags, u16 idx, { u32 id, u32 len }[], u16 avail_event. */
  used: 6 + 8 * size,
});

/** Where a table is: a window on the guest's memory. */
interface Table {
  readonly buffer: SharedArrayBuffer;
  readonly offset: number;
}

/** What a ring is made of. */
export interface RingTables {
  readonly descriptors: Table;
  readonly available: Table;
  readonly used: Table;
}

/** What the driver and the device have agreed on. */
export interface RingFeatures {
  readonly eventIndex: boolean;
  readonly indirect: boolean;
}

/** Words of the tables of 16 bits. */
const FLAGS = 0, INDEX = 1, RING = 2;

/** An index in the ring is beyond its size: see {@linkcode SplitQueue.look}, {@linkcode SplitQueue.take}. */
export const BROKEN = -1;

/** The ring while it runs. */
export class SplitQueue {
  readonly size: number;
  descriptors!: Uint32Array<SharedArrayBuffer>;
  features: RingFeatures;
  /** Entries that {@linkcode look} has found and that were not taken yet. */
  waiting = 0;
  /** The entry that is next, modulo 2^16. */
  next: number;

  #available!: Uint16Array<SharedArrayBuffer>;
  /** The used ring by half words, and by words: an entry is two of them behind the first word. */
  #used!: Uint16Array<SharedArrayBuffer>;
  #entries!: Uint32Array<SharedArrayBuffer>;
  /** The index that the driver sees, modulo 2^16. */
  #usedIndex: number;
  /** Up to where it was decided whether the driver is to be told. */
  #toldIndex: number;
  /** Up to where it was told. */
  #signalledIndex: number;
  /** Whether the driver has been told anything at all. */
  #told = false;
  /** Whether kicks are asked for. */
  #armed = true;

  /** @param next the entry of the available ring to begin with */
  constructor(
    size: number,
    tables: RingTables,
    features: RingFeatures,
    next: number,
  ) {
    this.size = size;
    this.features = features;
    this.next = next;
    this.move(tables);
    this.#usedIndex = Atomics.load(this.#used, INDEX);
    this.#toldIndex = this.#usedIndex;
    this.#signalledIndex = this.#usedIndex;
  }

  /** The same ring goes on elsewhere in our memory. */
  move({ descriptors, available, used }: RingTables): void {
    const size = this.size;
    this.descriptors = new Uint32Array(
      descriptors.buffer,
      descriptors.offset,
      4 * size,
    );
    this.#available = new Uint16Array(
      available.buffer,
      available.offset,
      3 + size,
    );
    this.#used = new Uint16Array(used.buffer, used.offset, 3 + 4 * size);
    this.#entries = new Uint32Array(used.buffer, used.offset, 1 + 2 * size);
  }

  /**
   * Looks for entries. Returns how many there are that were not taken, or
   * {@linkcode BROKEN} where there are more than the ring has.
   */
  look(): number {
    const index = Atomics.load(this.#available, INDEX);
    const waiting = index - this.next & 0xffff;
    if (waiting > this.size) return BROKEN;
    return this.waiting = waiting;
  }

  /** Takes the next entry of those that {@linkcode look} has found. Returns the head of its chain, or {@linkcode BROKEN}. */
  take(): number {
    const slot = this.next & this.size - 1;
    const head = this.#available[RING + slot]!;
    this.next = this.next + 1 & 0xffff;
    this.waiting--;
    return head < this.size ? head : BROKEN;
  }

  /** Gives the chain at `head` back, into which `length` bytes were written. */
  complete(head: number, length: number): void {
    const slot = this.#usedIndex & this.size - 1;
    this.#entries[1 + 2 * slot] = head;
    this.#entries[2 + 2 * slot] = length;
    this.#usedIndex = this.#usedIndex + 1 & 0xffff;
    Atomics.store(this.#used, INDEX, this.#usedIndex);
  }

  /** Whether the driver wants to be told of what was completed; it counts as told. */
  interrupts(): boolean {
    const old = this.#toldIndex, now = this.#usedIndex;
    this.#toldIndex = now;
    // The first time nobody knows what it has been told before.
    const wanted = !this.#told || this.#wants(old);
    this.#told = true;
    if (wanted) this.#signalledIndex = now;
    return wanted;
  }

  /**
   * Whether the driver waits for something that was completed since it was told
   * the last time: it did not want to be told then. That is so where it has
   * asked too late, and has not looked again. It counts as told.
   */
  missed(): boolean {
    const old = this.#signalledIndex, now = this.#usedIndex;
    if (old === now || !this.#wants(old)) return false;
    this.#signalledIndex = now;
    return true;
  }

  /** Whether the driver wants to be told of what was completed since `old`. */
  #wants(old: number): boolean {
    if (!this.features.eventIndex) {
      return (Atomics.load(this.#available, FLAGS) & AVAIL_NO_INTERRUPT) === 0;
    }
    const event = Atomics.load(this.#available, RING + this.size);
    return needsEvent(event, this.#usedIndex, old);
  }

  /**
   * Asks for a kick at the next entry. Returns whether one is there already,
   * for which no kick comes.
   */
  arm(): boolean {
    if (this.features.eventIndex) {
      Atomics.store(this.#used, RING + 4 * this.size, this.next);
    } else Atomics.store(this.#used, FLAGS, 0);
    this.#armed = true;
    return Atomics.load(this.#available, INDEX) !== this.next;
  }

  /** Asks for no kicks any more. With event indices none come as long as nobody asks for them. */
  disarm(): void {
    if (!this.#armed) return;
    this.#armed = false;
    if (!this.features.eventIndex) {
      Atomics.store(this.#used, FLAGS, USED_NO_NOTIFY);
    }
  }
}
