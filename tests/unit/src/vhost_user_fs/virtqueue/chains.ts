/**
 * A guest's memory of several regions, and chains in it.
 *
 * @module
 */
import { guestMemoryCalls } from "../../../../../ffi/guest_memory.ts";
import { allocate, type Fixed } from "../../../../../ffi/memory.ts";
import { System } from "../../../../../src/vhost_user_fs/client/system.ts";
import { Regions } from "../../../../../src/vhost_user_fs/vhost_user/regions.ts";
import { Chain } from "../../../../../src/vhost_user_fs/virtqueue/chain.ts";
import { openDeviceLibc } from "../harness.ts";

export const NEXT = 1, WRITE = 2, INDIRECT = 4;

/** `struct virtq_desc`. */
export interface Descriptor {
  readonly address: number | bigint;
  readonly length: number;
  readonly flags: number;
  readonly next?: number;
}

/** Where a piece of memory is. */
export interface Place {
  readonly guest: number;
  readonly size: number;
}

/** Two regions that are neighbours for the guest alone, and one above 4 GiB. */
export const PLACES: readonly Place[] = [
  { guest: 0x10000, size: 0x4000 },
  { guest: 0x14000, size: 0x4000 },
  { guest: 0x2_0000_0000, size: 0x4000 },
];

/** Chains are walked in it. */
export class Memory implements Disposable {
  readonly system = new System();
  readonly libc = openDeviceLibc();
  readonly regions: Regions;
  readonly chain: Chain;
  readonly #scratch: Fixed;

  constructor(places: readonly Place[] = PLACES) {
    const memory = guestMemoryCalls(this.libc);
    this.regions = new Regions(memory, (fd) => this.system.close(fd));
    this.chain = new Chain(this.libc, this.regions);
    this.#scratch = allocate(this.libc, 0x10000);
    for (const { guest, size } of places) {
      const fd = this.system.memfd(size);
      const place = { guest, size, user: guest, offset: 0 };
      const result = this.regions.add(place, fd);
      if (result !== 0) throw new Error(`errno ${-result}`);
    }
  }

  /** A ring's table of `size` descriptors, the first of which are these. */
  table(
    descriptors: readonly Descriptor[],
    size = 16,
  ): Uint32Array<ArrayBuffer> {
    const table = new Uint32Array(4 * size);
    table.set(descriptors.flatMap(wordsOf));
    return table;
  }

  /** Loads a chain that begins with the first of these. */
  load(
    descriptors: readonly Descriptor[],
    { size = 16, head = 0, indirect = true } = {},
  ): number {
    return this.chain.load(
      this.table(descriptors, size),
      size,
      head,
      indirect,
    );
  }

  /** Puts bytes at the guest's address, which must be in the memory: through a chain of their own. */
  write(guest: number, bytes: readonly number[]): void {
    const descriptor = {
      address: guest,
      length: bytes.length,
      flags: WRITE,
    };
    if (this.load([descriptor]) !== 0) throw new Error("Nothing is there");
    this.#scratch.bytes.set(bytes);
    this.chain.store(this.#scratch, bytes.length);
  }

  read(guest: number, length: number): number[] {
    const descriptor = { address: guest, length, flags: 0 };
    if (this.load([descriptor]) !== 0) throw new Error("Nothing is there");
    return this.fetched(length);
  }

  /** Puts an indirect table there. */
  writeTable(guest: number, descriptors: readonly Descriptor[]): void {
    const words = Uint32Array.from(descriptors.flatMap(wordsOf));
    this.write(guest, [...new Uint8Array(words.buffer)]);
  }

  /** The first bytes of the readable part of the chain that was loaded; 238 where nothing was fetched. */
  fetched(size = this.chain.readableSize): number[] {
    this.#scratch.bytes.fill(238);
    this.chain.fetch(this.#scratch, size);
    return [...this.#scratch.bytes.subarray(0, size)];
  }

  /** Stores bytes in the writable part. */
  store(bytes: readonly number[]): void {
    this.#scratch.bytes.set(bytes);
    this.chain.store(this.#scratch, bytes.length);
  }

  /** The array that was made last: where each element is and how long. */
  vector(count: number): [address: bigint, length: bigint][] {
    const words = new BigUint64Array(new ArrayBuffer(16 * count));
    const [from] = this.chain.vector;
    const to = this.libc.addressOf(words);
    this.libc.symbols.copy_at(to, from!, BigInt(words.byteLength));
    return Array.from(
      { length: count },
      (_, i) => [words[2 * i]!, words[2 * i + 1]!],
    );
  }

  /** Where a guest's address is in ours. */
  ours(guest: number): bigint {
    this.regions.key[0] = guest;
    const region = this.regions.find();
    return BigInt(guest + this.regions.shifts[region]!);
  }

  [Symbol.dispose](): void {
    this.regions[Symbol.dispose]();
    this.libc.close();
    this.system[Symbol.dispose]();
  }
}

function wordsOf({ address, length, flags, next = 0 }: Descriptor): number[] {
  const wide = BigInt(address);
  return [
    Number(wide & 0xffff_ffffn),
    Number(wide >> 32n),
    length,
    (flags | next << 16) >>> 0,
  ];
}
