/**
 * A descriptor chain: where in our memory a request is and its reply goes to.
 *
 * All is the guest's word, and can change while it is looked at: each word of
 * a descriptor is read once, and what it says is checked before it is used.
 *
 * @module
 */
import { EFAULT, EIO } from "../../../ffi/errno.ts";
import type { Libc } from "../../../ffi/libc.ts";
import { allocate, type Fixed } from "../../../ffi/memory.ts";
import type { Wide } from "../../../ffi/passthrough_io.ts";
import type { GUEST_MEMORY_SYMBOLS } from "../../../ffi/symbols/guest_memory.ts";
import type { Message } from "../message.ts";
import { Copier } from "./copier.ts";

/** `struct virtq_desc` in 32-bit words: address, length, flags and next. */
export const DESCRIPTOR_SIZE = 16;
const DESCRIPTOR_WORDS = 4;
const NEXT = 1, WRITE = 2, INDIRECT = 4;

/** The largest ring that there is, and the largest table of an indirect chain that is taken. */
export const MAX_QUEUE_SIZE = 32768;
/** A table may be larger than its ring: as for 1 MiB in single pages, with its headers. */
const USUAL_TABLE = 1028;

/** Where addresses of the guest's are in ours: its memory, in regions. */
export interface AddressTable {
  /** The address that {@linkcode AddressTable.find} looks for: a number in an argument would be one on the heap. */
  readonly key: Float64Array;
  /** The index of the region that `key[0]` is in, or -1. */
  find(): number;
  /** Of each region: where it starts, where it ends, and what is to be added to have an address of ours. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly shifts: Float64Array;
}

/** Pieces of memory in a chain: each border between regions makes one more. */
const MAX_PIECES = MAX_QUEUE_SIZE + 1024;
/** IOV_MAX. */
const MAX_VECTOR = 1024;
const IOVEC_WORDS = 4;

/** All bytes of a chain together, by the specification. */
const MAX_BYTES = 0xffff_ffff;
const HIGH = 2 ** 32;

/** `struct fuse_out_header`, and how much of a request is needed to make one. */
const OUT_HEADER_SIZE = 16;

/** A chain, one at a time. */
export class Chain implements Message {
  readableSize = 0;
  writableSize = 0;
  covered = 0;
  readonly vector: Wide;

  readonly #regions: AddressTable;
  readonly #copier: Copier;
  /** Where a piece is in our memory, and how long it is: those to read first. */
  readonly #addresses = new Float64Array(MAX_PIECES);
  readonly #lengths = new Float64Array(MAX_PIECES);
  #pieces = 0;
  #readable = 0;
  /** Whether a part of the bytes to read, or to write, is nowhere in the guest's memory: what comes behind it is left out. */
  #readFault = false;
  #writeFault = false;
  #writing = false;
  /** The first piece that may be made longer by what is adjacent to it. */
  #open = 0;
  /** The region of the last piece. */
  #region = 0;
  readonly #iovecs: Fixed;
  /** A copy of an indirect table; made longer where a ring is. */
  #table: Fixed;
  readonly #libc: Libc<typeof GUEST_MEMORY_SYMBOLS>;
  readonly #header: Fixed;

  constructor(libc: Libc<typeof GUEST_MEMORY_SYMBOLS>, regions: AddressTable) {
    this.#libc = libc;
    this.#regions = regions;
    this.#copier = new Copier(libc);
    this.#iovecs = allocate(libc, 4 * IOVEC_WORDS * MAX_VECTOR);
    this.#table = allocate(libc, DESCRIPTOR_SIZE * USUAL_TABLE);
    this.#header = allocate(libc, OUT_HEADER_SIZE);
    this.vector = new BigUint64Array([libc.addressOf(this.#iovecs.bytes)]);
  }

  /** Makes room for what a ring of `size` may have in an indirect table. */
  prepare(size: number): void {
    const needed = DESCRIPTOR_SIZE * size;
    if (needed > this.#table.bytes.length) {
      this.#table = allocate(this.#libc, needed);
    }
  }

  /**
   * Takes the chain that begins at `head` in a ring's table of `size`
   * descriptors. Returns 0; -EIO where it is malformed, -EFAULT where it is
   * not in the guest's memory: then there is nothing to do but to
   * {@linkcode refuse} it.
   */
  load(
    table: Uint32Array,
    size: number,
    head: number,
    indirect: boolean,
  ): number {
    this.readableSize = 0;
    this.writableSize = 0;
    this.#pieces = 0;
    this.#readable = 0;
    this.#readFault = false;
    this.#writeFault = false;
    this.#writing = false;
    this.#open = 0;
    const result = this.#walk(table, size, head, indirect, size);
    if (result < 0) return result;
    return this.#readFault || this.#writeFault ? -EFAULT : 0;
  }

  /** Walks a table. `limit` is the longest indirect one, 0 within such a one. */
  #walk(
    table: Uint32Array,
    size: number,
    first: number,
    indirect: boolean,
    limit: number,
  ): number {
    let index = first;
    // After more steps than there are descriptors the chain is a loop.
    for (let steps = 0; steps < size; steps++) {
      if (index >= size) return -EIO;
      const at = DESCRIPTOR_WORDS * index;
      const low = table[at]!, high = table[at + 1]!;
      const length = table[at + 2]!, word = table[at + 3]!;
      this.#regions.key[0] = high * HIGH + low;
      if ((word & INDIRECT) !== 0) {
        if (!indirect || limit === 0 || (word & NEXT) !== 0) return -EIO;
        return this.#walkIndirect(length, limit);
      }
      const added = this.#add(length, (word & WRITE) !== 0);
      if (added < 0) return added;
      if ((word & NEXT) === 0) return 0;
      index = word >>> 16;
    }
    return -EIO;
  }

  /** Walks the table of `length` bytes at the address in `key`: a copy, which nobody changes. */
  #walkIndirect(length: number, limit: number): number {
    const size = length / DESCRIPTOR_SIZE;
    if (length === 0 || length % DESCRIPTOR_SIZE !== 0) return -EIO;
    if (size > limit && size > USUAL_TABLE) return -EIO;
    if (length > this.#table.bytes.length) return -EIO;
    // The pieces of the table stand behind those of the chain for a moment.
    const first = this.#pieces;
    this.#open = first;
    const located = this.#locate(length);
    if (located < 0) return located;
    this.#copier.locate(this.#table);
    let at = 0;
    for (let i = first; i < this.#pieces; i++) {
      const part = this.#lengths[i]!;
      this.#copier.take(this.#addresses, i, at, part);
      at += part;
    }
    this.#pieces = first;
    return this.#walk(this.#table.words, size, 0, true, 0);
  }

  /** Adds the buffer of `length` bytes at the address in `key`. */
  #add(length: number, write: boolean): number {
    if (write !== this.#writing) {
      // All that is to be read comes first.
      if (!write) return -EIO;
      this.#writing = true;
      this.#open = this.#pieces;
    }
    if (this.readableSize + this.writableSize + length > MAX_BYTES) {
      return -EIO;
    }
    if (length === 0 || (write ? this.#writeFault : this.#readFault)) return 0;
    const before = this.#pieces;
    const located = this.#locate(length);
    if (located < 0) {
      // The piece before may be longer now than what counts of it: see the sizes.
      this.#pieces = before;
      if (located !== -EFAULT) return located;
      if (write) this.#writeFault = true;
      else this.#readFault = true;
      return 0;
    }
    if (write) this.writableSize += length;
    else {
      this.readableSize += length;
      this.#readable = this.#pieces;
    }
    return 0;
  }

  /** Adds the pieces of memory that `length` bytes at the address in `key` are in. */
  #locate(length: number): number {
    const regions = this.#regions, key = regions.key;
    const { starts, ends, shifts } = regions;
    const addresses = this.#addresses, lengths = this.#lengths;
    let left = length;
    while (left > 0) {
      const address = key[0]!;
      let region = this.#region;
      if (!(address >= starts[region]! && address < ends[region]!)) {
        region = regions.find();
        if (region < 0) return -EFAULT;
        this.#region = region;
      }
      const part = Math.min(left, ends[region]! - address);
      const ours = address + shifts[region]!;
      const last = this.#pieces - 1;
      if (last >= this.#open && addresses[last]! + lengths[last]! === ours) {
        lengths[last] = lengths[last]! + part;
      } else {
        if (last + 1 === MAX_PIECES) return -EIO;
        addresses[last + 1] = ours;
        lengths[last + 1] = part;
        this.#pieces = last + 2;
      }
      key[0] = address + part;
      left -= part;
    }
    return 0;
  }

  fetch(into: Fixed, size: number): void {
    const wanted = Math.min(size, this.readableSize, into.bytes.length);
    this.#copier.locate(into);
    for (let i = 0, at = 0; at < wanted; i++) {
      const part = Math.min(this.#lengths[i]!, wanted - at);
      this.#copier.take(this.#addresses, i, at, part);
      at += part;
    }
  }

  store(from: Fixed, size: number): void {
    const wanted = Math.min(size, this.writableSize, from.bytes.length);
    this.#copier.locate(from);
    for (let i = this.#readable, at = 0; at < wanted; i++) {
      const part = Math.min(this.#lengths[i]!, wanted - at);
      this.#copier.give(this.#addresses, i, at, part);
      at += part;
    }
  }

  readVector(offset: number, size: number): number {
    return this.#fill(0, offset, Math.min(size, this.readableSize - offset));
  }

  writeVector(offset: number, size: number): number {
    const most = Math.min(size, this.writableSize - offset);
    return this.#fill(this.#readable, offset, most);
  }

  /** Makes an array of `size` bytes from byte `offset` of the pieces that begin with `first`. */
  #fill(first: number, offset: number, size: number): number {
    this.covered = 0;
    // Not a number at all is neither.
    if (!(offset >= 0 && size > 0)) return 0;
    const addresses = this.#addresses, lengths = this.#lengths;
    const words = this.#iovecs.words;
    let index = first, skipped = offset, left = size, count = 0;
    while (skipped >= lengths[index]!) skipped -= lengths[index++]!;
    while (left > 0 && count < MAX_VECTOR) {
      const address = addresses[index]! + skipped;
      const part = Math.min(lengths[index]! - skipped, left);
      const at = IOVEC_WORDS * count;
      words[at] = address;
      words[at + 1] = address / HIGH;
      words[at + 2] = part;
      words[at + 3] = 0;
      skipped = 0;
      left -= part;
      index++;
      count++;
    }
    this.covered = size - left;
    return count;
  }

  /**
   * Answers the chain that was loaded with `errno`, whatever is wrong with it,
   * if it has a request that can be answered at all. Returns `used.len`.
   */
  refuse(errno: number): number {
    const header = this.#header;
    if (
      this.readableSize < OUT_HEADER_SIZE || this.writableSize < OUT_HEADER_SIZE
    ) return 0;
    // struct fuse_in_header: u32 len, opcode; u64 unique. struct fuse_out_header: u32 len; i32 error; u64 unique.
    this.fetch(header, OUT_HEADER_SIZE);
    header.words[0] = OUT_HEADER_SIZE;
    header.words[1] = -errno;
    this.store(header, OUT_HEADER_SIZE);
    return OUT_HEADER_SIZE;
  }
}
