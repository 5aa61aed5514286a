/**
 * Makes inode numbers unique in the export, whatever is mounted in it.
 *
 * Inode numbers are unique in a file system, on btrfs in a subvolume. The guest
 * takes the export for one file system: two files with the same number share a
 * page cache, and tar takes them for hard links. QEMU does not change the number
 * (it refuses `multidevs=remap` for this driver), so the helper has to.
 *
 * The upper 16 bits of the number are replaced by a prefix. Each pair of a device
 * and upper 16 bits gets a prefix of its own. Numbers of the root's device stay as
 * they are if their upper bits are 0, as on nearly every file system; others stay
 * unless their upper bits are already the prefix of another pair.
 *
 * @module
 */
import { STATX } from "../../../ffi/files.ts";

/** A device number as statx(2) gives it. */
export interface Device {
  readonly major: number;
  readonly minor: number;
}

/** The number of prefixes. Prefix 0 belongs to the root's device. */
const PREFIXES = 1 << 16;
/** How many pairs the table has room for at first; a power of two. */
const FIRST_CAPACITY = 64;
/** Odd factors for hashing: from the golden ratio, and from MurmurHash 3. */
const MIX = 0x9e3779b1, MIX_HIGH = 0x85ebca6b, MIX_LOW = 0xc2b2ae35;
/** Rounds of the Feistel network after which each bit depends on all bits. */
const ROUNDS = 4;

/** The inode numbers of an export. A file keeps its number for as long as the helper runs. */
export class InodeNumbers {
  /** Whether a device other than the root's has been seen. */
  several = false;

  readonly #rootMajor: number;
  readonly #rootMinor: number;
  readonly #root: number;
  readonly #whenFull: () => void;
  /**
   * A hash table of pairs, with open addressing. An entry is two words: the
   * device; the upper 16 bits, and below them the prefix. An entry with prefix 0
   * is free. With all 65,535 prefixes the table takes a megabyte.
   */
  #table = new Uint32Array(new ArrayBuffer(FIRST_CAPACITY * 2 * 8));
  #count = 0;
  /** All smaller prefixes are in use. */
  #next = 1;
  #full = false;

  /**
   * @param root the device of the export's root directory
   * @param whenFull called once, when all prefixes are in use
   */
  constructor(root: Device, whenFull: () => void) {
    this.#rootMajor = root.major;
    this.#rootMinor = root.minor;
    this.#root = word(root.major, root.minor);
    this.#whenFull = whenFull;
  }

  /** Replaces the inode number in a `struct statx` by the unique one. */
  translate(statx: Uint32Array): void {
    const high = statx[STATX.ino + 1]!;
    if (high >>> 16 === 0 && this.#isRoots(statx)) return;
    const device = deviceOf(statx);
    const prefix = this.#prefix(device, high >>> 16);
    if (prefix === 0) scramble(statx, device);
    else statx[STATX.ino + 1] = prefix << 16 | high & 0xffff;
  }

  /**
   * What to combine a generation with by exclusive or: 0 on the root's device,
   * else a number of the device. QEMU takes some inode numbers from its own
   * fstat(2); by their generations files of two devices differ even then.
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

  /** The prefix of a pair; 0 if all are in use. */
  #prefix(device: number, high: number): number {
    const known = this.#table[this.#index(device, high) + 1]! & 0xffff;
    return known === 0 ? this.#assign(device, high) : known;
  }

  #assign(device: number, high: number): number {
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

  /** The lowest free prefix: with those below 32 numbers are exact even as doubles of 53 bits. */
  #take(): number {
    while (this.#next < PREFIXES && this.#isRootsOwn(this.#next)) this.#next++;
    if (this.#next < PREFIXES) return this.#next++;
    if (!this.#full) {
      this.#full = true;
      this.#whenFull();
    }
    return 0;
  }

  /** Whether numbers of the root's device keep these upper bits. */
  #isRootsOwn(prefix: number): boolean {
    return this.#table[this.#index(this.#root, prefix) + 1]! ===
      (prefix << 16 | prefix) >>> 0;
  }

  /** The index of the entry of a pair, or of a free one for it. */
  #index(device: number, high: number): number {
    const table = this.#table, mask = table.length - 2;
    let index = Math.imul(device ^ Math.imul(high, MIX_HIGH), MIX);
    index = (index ^ index >>> 15) << 1 & mask;
    for (;;) {
      const value = table[index + 1]!;
      if (value === 0) return index;
      if (value >>> 16 === high && table[index]! === device) return index;
      index = index + 2 & mask;
    }
  }

  #put(device: number, high: number, prefix: number): void {
    const index = this.#index(device, high);
    this.#table[index] = device;
    this.#table[index + 1] = high << 16 | prefix;
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

/** A device as the kernel's `dev_t`: 12 bits of major and 20 of minor number, linux/kdev_t.h. */
function word(major: number, minor: number): number {
  return (major << 20 | minor) >>> 0;
}

function deviceOf(statx: Uint32Array): number {
  return word(statx[STATX.devMajor]!, statx[STATX.devMinor]!);
}

/**
 * When all prefixes are in use: mixes the device into all 64 bits by a Feistel
 * network, so that numbers of one device stay different, and those of two devices
 * are equal with a chance of one in 2^64.
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
