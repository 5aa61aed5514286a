/**
 * Copies between the guest's memory and ours, by address and without garbage.
 *
 * @module
 */
import type { Libc } from "../../../ffi/libc.ts";
import type { Fixed } from "../../../ffi/memory.ts";
import type { GUEST_MEMORY_SYMBOLS } from "../../../ffi/symbols/guest_memory.ts";

const HIGH = 2 ** 32;

/** Copies to and from the private memory that {@linkcode Copier.locate} was called with last. */
export class Copier {
  readonly #copy: Libc<typeof GUEST_MEMORY_SYMBOLS>["symbols"]["copy_at"];
  /** To, from, length: a 64-bit argument that is an element of such an array is no number on the heap. */
  readonly #arguments = new BigUint64Array(3);
  readonly #halves = new Uint32Array(this.#arguments.buffer);
  readonly #libc: Libc<typeof GUEST_MEMORY_SYMBOLS>;
  readonly #addresses = new WeakMap<Fixed, number>();
  #last: Fixed | undefined;
  /** Where the private memory is that was asked for last. */
  readonly base = new Float64Array(1);

  constructor(libc: Libc<typeof GUEST_MEMORY_SYMBOLS>) {
    this.#libc = libc;
    this.#copy = libc.symbols.copy_at;
  }

  /** Sets {@linkcode base} to the address of `memory`. */
  locate(memory: Fixed): void {
    if (memory === this.#last) return;
    let address = this.#addresses.get(memory);
    if (address === undefined) {
      address = Number(this.#libc.addressOf(memory.bytes));
      this.#addresses.set(memory, address);
    }
    this.base[0] = address;
    this.#last = memory;
  }

  /** Copies `size` bytes from an address of the guest's memory, as it is in ours, to `base + at`. */
  take(addresses: Float64Array, index: number, at: number, size: number): void {
    const from = addresses[index]!, to = this.base[0]! + at;
    this.#run(to, from, size);
  }

  /** The other way round. */
  give(addresses: Float64Array, index: number, at: number, size: number): void {
    const to = addresses[index]!, from = this.base[0]! + at;
    this.#run(to, from, size);
  }

  #run(to: number, from: number, size: number): void {
    const halves = this.#halves, all = this.#arguments;
    halves[0] = to;
    halves[1] = to / HIGH;
    halves[2] = from;
    halves[3] = from / HIGH;
    halves[4] = size;
    this.#copy(all[0]!, all[1]!, all[2]!);
  }
}
