/**
 * Reads one request's payload in place: a cursor with a sticky overrun flag,
 * so that handlers decode without branches and ask once, at the end.
 *
 * @module
 */
import type { CString, StringSlot } from "../../../ffi/memory.ts";

/** Bytes that a {@linkcode StringSlot} must have: the longest string, 65,535 bytes, and its NUL. */
export const SLOT_SIZE = 65536;

/** No string is replaced. */
const NONE = -1;

/** A cursor over the payload of the request that is being answered. */
export class RequestReader {
  /** A field ran past the payload: its value is 0 or empty and must not be used. */
  overrun = false;
  /** Bytes in the string that was read last, a counted NUL among them. */
  length = 0;

  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #slots: readonly [StringSlot, StringSlot, StringSlot];
  #start = 0;
  #at = 0;
  /** Strings that were handed out. */
  #strings = 0;
  /** Which string reads as {@linkcode #replacement} instead. */
  #replaced = NONE;
  #replacement: Uint8Array = new Uint8Array();
  #end = 0;

  /** Reads from `bytes`; strings are copied to the slots, first to last. */
  constructor(
    bytes: Uint8Array,
    slots: readonly [StringSlot, StringSlot, StringSlot],
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#slots = slots;
  }

  /** Starts on the payload at `[start, end)`. */
  reset(start: number, end: number): void {
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.#strings = 0;
    this.#replaced = NONE;
    this.overrun = false;
  }

  /** Goes back to the start of the payload; the string `index`, in wire order, reads as `bytes` from here on. */
  again(index: number, bytes: Uint8Array): void {
    this.reset(this.#start, this.#end);
    this.#replaced = index;
    this.#replacement = bytes;
  }

  /** All of the payload, where it lies. Makes a view: for rare requests. */
  get payload(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** `d`, unsigned. */
  u32(): number {
    const at = this.#at;
    if (!this.#take(4)) return 0;
    return this.#view.getUint32(at, true);
  }

  /** `d`, signed. */
  i32(): number {
    return this.u32() | 0;
  }

  /** `q`, signed. Makes a BigInt: for rare requests. */
  i64(): bigint {
    const at = this.#at;
    if (!this.#take(8)) return 0n;
    return this.#view.getBigInt64(at, true);
  }

  /** Copies the next `count` bytes to the start of `into`. */
  copy(into: Uint8Array, count: number): void {
    const at = this.#at;
    if (!this.#take(count)) return;
    for (let i = 0; i < count; i++) into[i] = this.#bytes[at + i]!;
  }

  /**
   * `s`: the next string in wire order, which keeps its memory until the next
   * request. C sees it cut at its first NUL, as the original does. No request
   * has more than three; a fourth is an overrun.
   */
  string(): CString {
    const slot = this.#slots[this.#strings];
    if (slot === undefined) {
      this.overrun = true;
      return this.#slots[0].pointer;
    }
    this.#strings++;
    let length = 0;
    const head = this.#at;
    if (this.#take(2)) length = this.#view.getUint16(head, true);
    const at = this.#at;
    if (!this.#take(length)) length = 0;
    if (this.#strings - 1 === this.#replaced) return this.#putReplacement(slot);
    const from = this.#bytes, to = slot.bytes;
    // Not set(subarray()): a view is garbage, and dearer than the loop for any usual path.
    for (let i = 0; i < length; i++) to[i] = from[at + i]!;
    to[length] = 0;
    this.length = length;
    return slot.pointer;
  }

  #putReplacement(slot: StringSlot): CString {
    const { length } = this.#replacement;
    slot.bytes.set(this.#replacement);
    slot.bytes[length] = 0;
    this.length = length;
    return slot.pointer;
  }

  #take(count: number): boolean {
    if (this.#end - this.#at < count) {
      this.overrun = true;
      this.#at = this.#end;
      return false;
    }
    this.#at += count;
    return true;
  }
}
