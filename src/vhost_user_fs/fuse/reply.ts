/**
 * Builds one reply in private memory that is used for all of them.
 *
 * @module
 */
import type { Libc } from "../../../ffi/libc.ts";
import { allocate, type Fixed } from "../../../ffi/memory.ts";
import { XATTR_SIZE_MAX } from "../../../ffi/passthrough_constants.ts";
import type { Size } from "../../../ffi/results.ts";
import { OUT_HEADER } from "./structs.ts";

/** The longest body that is built here: an extended attribute, or as much of a directory. */
export const MAX_BODY = XATTR_SIZE_MAX;

const BODY = OUT_HEADER.size / 4;

/** The reply to the request that is being answered. */
export class Reply {
  /** Header and body. */
  readonly memory: Fixed;
  /** Where the body is, for calls that write it. */
  readonly body: Deno.PointerObject;
  /** Bytes of the body that the guest has room for; never more than {@linkcode MAX_BODY}. */
  room = 0;

  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #wide: BigInt64Array;

  constructor(libc: Pick<Libc<Deno.ForeignLibraryInterface>, "pointerTo">) {
    this.memory = allocate(libc, OUT_HEADER.size + MAX_BODY);
    this.#words = this.memory.words;
    this.#bytes = this.memory.bytes;
    this.#wide = new BigInt64Array(this.memory.bytes.buffer);
    this.body = libc.pointerTo(
      new Uint8Array(this.memory.bytes.buffer, OUT_HEADER.size),
    );
  }

  /** Puts the header: `size` bytes of body follow, or `error` is a negative errno. Returns the size of it all. */
  header(size: number, error: number): number {
    const whole = OUT_HEADER.size + size;
    this.#words[OUT_HEADER.len] = whole;
    this.#words[OUT_HEADER.error] = error;
    return whole;
  }

  /** Whose reply it is: the two halves of the request's number. */
  answers(low: number, high: number): void {
    this.#words[OUT_HEADER.unique] = low;
    this.#words[OUT_HEADER.unique + 1] = high;
  }

  /** Puts 32-bit word `index` of the body. */
  word(index: number, value: number): void {
    this.#words[BODY + index] = value;
  }

  /** Puts 64-bit word `index` of the body. */
  wide(index: number, value: bigint): void {
    this.#wide[BODY / 2 + index] = value;
  }

  /** Clears `count` words of the body from `index` on. */
  clear(index: number, count: number): void {
    const words = this.#words, start = BODY + index;
    for (let i = 0; i < count; i++) words[start + i] = 0;
  }

  /** Copies `count` words of `from`, from `at` on, to word `index` of the body. */
  copyWords(index: number, from: Uint32Array, at: number, count: number): void {
    const words = this.#words, start = BODY + index;
    for (let i = 0; i < count; i++) words[start + i] = from[at + i]!;
  }

  /**
   * Copies `count` bytes of `from`, from `at` on, to byte `index` of the body,
   * and puts zeros behind them up to a multiple of 8.
   */
  copyBytes(index: number, from: Uint8Array, at: number, count: number): void {
    const bytes = this.#bytes, start = OUT_HEADER.size + index;
    for (let i = 0; i < count; i++) bytes[start + i] = from[at + i]!;
    for (let i = count; i % 8 !== 0; i++) bytes[start + i] = 0;
  }

  /** Byte `index` of the body. */
  byteAt(index: number): number {
    return this.#bytes[OUT_HEADER.size + index]!;
  }

  /** Moves `count` bytes of the body from `from` down to `to`. */
  move(to: number, from: number, count: number): void {
    const start = OUT_HEADER.size;
    this.#bytes.copyWithin(start + to, start + from, start + from + count);
  }

  /** `struct fuse_getxattr_out` and `fuse_write_out`: a size, and nothing. */
  size(value: number): Size {
    this.word(0, value);
    this.word(1, 0);
    return 8 as Size;
  }
}
