/**
 * Builds a reply. All replies use the same buffer, so nothing is allocated.
 *
 * @module
 */
import type { Size } from "../../../ffi/results.ts";
import {
  DESCRIPTOR_FOLLOWS,
  HEADER_SIZE,
  MAX_PAYLOAD,
  T_ERROR,
  T_SUCCESS,
} from "./protocol.ts";

/** Bytes of memory that a {@linkcode ReplyWriter} needs: the largest reply. */
export const REPLY_SIZE = HEADER_SIZE + MAX_PAYLOAD;
/** Where a string or xattr value starts: after the header and its u16 length. */
export const VALUE_OFFSET = HEADER_SIZE + 2;
/** Where a reply's payload starts, in 32-bit words. */
const PAYLOAD_WORD = HEADER_SIZE / 4;

/** The reply to the current request. */
export class ReplyWriter {
  /** Bytes to be sent. */
  length = 0;
  /** The descriptor to be passed with them, or -1. Who sends the reply closes it. */
  descriptor = -1;

  readonly #words: Uint32Array;
  readonly #view: DataView;

  /**
   * @param bytes {@linkcode REPLY_SIZE} bytes
   * @param words the same memory
   * @param value the address of {@linkcode VALUE_OFFSET}, where system calls put values
   */
  constructor(
    readonly bytes: Uint8Array,
    words: Uint32Array,
    readonly value: Deno.PointerObject,
  ) {
    this.#words = words;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** `{SUCCESS, 4, 0}`, or for a negative errno `{ERROR, 4, result}`. */
  status(result: number): void {
    this.#words[0] = result < 0 ? T_ERROR : T_SUCCESS;
    this.#words[1] = 4;
    this.#words[PAYLOAD_WORD] = result;
    this.length = HEADER_SIZE + 4;
    this.descriptor = -1;
  }

  /** A descriptor to pass, or a negative errno: one word and no header. */
  passDescriptor(result: number): void {
    this.#words[0] = result < 0 ? result : DESCRIPTOR_FOLLOWS;
    this.length = 4;
    this.descriptor = result < 0 ? -1 : result;
  }

  /** Success, with `size` bytes of payload that are already in the buffer. */
  data(size: number): void {
    this.#words[0] = T_SUCCESS;
    this.#words[1] = size;
    this.length = HEADER_SIZE + size;
    this.descriptor = -1;
  }

  /** Sets the 32-bit word `index` of the payload. */
  word(index: number, value: number): void {
    this.#words[PAYLOAD_WORD + index] = value;
  }

  /** Copies `count` words, from `at` in `from` to `index` in the payload. */
  copyWords(index: number, from: Uint32Array, at: number, count: number): void {
    const words = this.#words, start = PAYLOAD_WORD + index;
    for (let i = 0; i < count; i++) words[start + i] = from[at + i]!;
  }

  /** Puts the u16 length before the `length` bytes at {@linkcode value}; returns the payload's size. */
  value16(length: number): Size {
    this.#view.setUint16(HEADER_SIZE, length, true);
    return 2 + length as Size;
  }
}
