/**
 * Inode numbers that are unique in the export, whatever is mounted in it.
 *
 * Each file system numbers its files for itself, and so does each subvolume of
 * btrfs. A guest sees a single file system: two files with one number are one
 * file to its cache, and hard links to tar. QEMU passes the number on as it is
 * (`multidevs=remap` is for another driver), so it has to be unique here.
 *
 * The upper 16 bits of a number are replaced by a prefix, and each pair of a
 * device and upper 16 bits has a prefix of its own. The root's device keeps its
 * numbers: with upper bits of zero, which nearly every file system has, always;
 * with others unless another pair has got that prefix before.
 *
 * @module
 */
import { STATX } from "../../../ffi/files.ts";

/** A device number as statx(2) gives it. */
export interface Device {
  readonly major: number;
  readonly minor: number;
}

/** Prefixes that there are. Zero is the root's. */
const PREFIXES = 1 << 16;
/** Pairs that there is room for at the start; a power of two. */
const FIRST_CAPACITY = 64;
/** Odd numbers to multiply with, from the golden ratio and from MurmurHash 3. */
const MIX = 0x9e3779b1, MIX_HIGH = 0x85ebca6b, MIX_LOW = 0xc2b2ae35;
/** Rounds after which each bit of a number hangs on all others. */
const ROUNDS = 4;

/** The numbers of one export. They stay the same for as long as it lives. */
export class InodeNumbers {
  /** Whether more than one device has been seen. */
  several = false;

  readonly #rootMajor: number;
  readonly #rootMinor: number;
  readonly #root: number;
  readonly #whenFull: () => void;
  /**
   * Pairs by open addressing, two words each: the device, and the upper 16
   * bits with the prefix below. Prefix 0 is never in it: such a word is free.
   * At the most there are 65,535 pairs in a megabyte.
   */
  #table = new Uint32Array(new ArrayBuffer(FIRST_CAPACITY * 2 * 8));
  #count = 0;
  /** All prefixes below have been given away, or are kept by the root's device. */
  #next = 1;
  #full = false;

  /**
   * @param root the device of the export's root directory
   * @param whenFull called once, when there is no prefix left
   */
  constructor(root: Device, whenFull: () => void) {
    this.#rootMajor = root.major;
    this.#rootMinor = root.minor;
    this.#root = word(root.major, root.minor);
    this.#whenFull = whenFull;
  }

  /** Puts the number that is unique in the place of the file system's own. */
  translate(statx: Uint32Array): void {
    const high = statx[STATX.ino + 1]!;
    if (high >>> 16 === 0 && this.#isRoots(statx)) return;
    const device = deviceOf(statx);
    const prefix = this.#prefix(device, high >>> 16);
    if (prefix === 0) scramble(statx, device);
    else statx[STATX.ino + 1] = prefix << 16 | high & 0xffff;
  }

  /**
   * What is to be added to a generation by exclusive or: 0 on the root's device,
   * on another one its prefix, so that a file there is not taken for one of
   * another device even where QEMU has the number from its own fstat(2).
   */
  generationMask(statx: Uint32Array): number {
    if (this.#isRoots(statx)) return 0;
    const device = deviceOf(statx);
    const prefix = this.#prefix(device, statx[STATX.ino + 1]! >>> 16);
    return prefix === 0 ? Math.imul(device, MIX) : prefix << 16;
  }

  #isRoots(statx: Uint32Array): boolean {
    return statx[STATX.devMinor]! === this.#rootMinor &&
      statx[STATX.devMajor]! === this.#rootMajor;
  }

  /** The prefix of a pair, 0 where there is none left. */
  #prefix(device: number, high: number): number {
    const known = this.#table[this.#place(device, high) + 1]! & 0xffff;
    return known === 0 ? this.#give(device, high) : known;
  }

  #give(device: number, high: number): number {
    let prefix = high;
    if (device !== this.#root) {
      this.several = true;
      prefix = this.#take();
    } else if (high < this.#next) {
      prefix = this.#take();
    }
    if (prefix === 0) return 0;
    if (this.#count * 4 >= this.#table.length) this.#grow();
    this.#put(device, high, prefix);
    return prefix;
  }

  /** The lowest prefix that nobody has: programs that keep numbers as doubles can tell those below 32 apart. */
  #take(): number {
    while (this.#next < PREFIXES && this.#isKept(this.#next)) this.#next++;
    if (this.#next < PREFIXES) return this.#next++;
    if (!this.#full) {
      this.#full = true;
      this.#whenFull();
    }
    return 0;
  }

  /** Whether the root's device has this prefix by itself. */
  #isKept(prefix: number): boolean {
    return this.#table[this.#place(this.#root, prefix) + 1]! ===
      (prefix << 16 | prefix) >>> 0;
  }

  /** Where in the table a pair is, or would be. */
  #place(device: number, high: number): number {
    const table = this.#table, mask = table.length - 2;
    let place = Math.imul(device ^ Math.imul(high, MIX_HIGH), MIX);
    place = (place ^ place >>> 15) << 1 & mask;
    for (;;) {
      const value = table[place + 1]!;
      if (value === 0) return place;
      if (value >>> 16 === high && table[place]! === device) return place;
      place = place + 2 & mask;
    }
  }

  #put(device: number, high: number, prefix: number): void {
    const place = this.#place(device, high);
    this.#table[place] = device;
    this.#table[place + 1] = high << 16 | prefix;
    this.#count++;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(new ArrayBuffer(before.byteLength * 2));
    this.#count = 0;
    for (let i = 0; i < before.length; i += 2) {
      const value = before[i + 1]!;
      if (value !== 0) this.#put(before[i]!, value >>> 16, value & 0xffff);
    }
  }
}

/** The kernel's own `dev_t`: 12 bits of major and 20 of minor number, linux/kdev_t.h. */
function word(major: number, minor: number): number {
  return (major << 20 | minor) >>> 0;
}

function deviceOf(statx: Uint32Array): number {
  return word(statx[STATX.devMajor]!, statx[STATX.devMinor]!);
}

/**
 * Where no prefix is left: mixes the device into all 64 bits, by a Feistel
 * network, so that two files of a device keep different numbers and those of
 * two devices are alike by a chance of one in 2^64.
 */
function scramble(statx: Uint32Array, device: number): void {
  let high = statx[STATX.ino + 1]!, low = statx[STATX.ino]!;
  for (let round = 1; round <= ROUNDS; round++) {
    let mixed = Math.imul(low ^ Math.imul(device, MIX) ^ round, MIX_HIGH);
    mixed = Math.imul(mixed ^ mixed >>> 13, MIX_LOW);
    mixed ^= mixed >>> 16;
    const former = low;
    low = high ^ mixed;
    high = former;
  }
  statx[STATX.ino] = low;
  statx[STATX.ino + 1] = high;
}
