/**
 * Reads the fields of a request from the receive buffer, one after the other.
 * A field that runs past the end sets a flag that stays set, so that a handler
 * checks it once, after it has read all fields.
 *
 * @module
 */
import type { CString, StringSlot } from "../../../ffi/memory.ts";

/** The size of each {@linkcode StringSlot}: the longest string, 65,535 bytes, and a NUL. */
export const SLOT_SIZE = 65536;

/** The value of `#replaced` when no string is. */
const NONE = -1;

/** Reads the payload of the current request. */
export class RequestReader {
  /** Whether a field ran past the payload: it was read as 0 or empty, and must not be used. */
  overrun = false;
  /** The length of the string that was read last, with the NUL of a `z`. */
  length = 0;

  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #slots: readonly [StringSlot, StringSlot, StringSlot];
  #start = 0;
  #at = 0;
  /** How many strings have been read. */
  #strings = 0;
  /** The index of the string that is read as {@linkcode #replacement}. */
  #replaced = NONE;
  #replacement: Uint8Array = new Uint8Array();
  #end = 0;

  /** Reads from `bytes`, and copies the first string to the first slot, and so on. */
  constructor(
    bytes: Uint8Array,
    slots: readonly [StringSlot, StringSlot, StringSlot],
  ) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#slots = slots;
  }

  /** Begins with a new request, whose payload is at `[start, end)`. */
  reset(start: number, end: number): void {
    this.#start = start;
    this.#at = start;
    this.#end = end;
    this.#strings = 0;
    this.#replaced = NONE;
    this.overrun = false;
  }

  /** Begins with the same request again; its string number `index`, from 0, is read as `bytes`. */
  again(index: number, bytes: Uint8Array): void {
    this.reset(this.#start, this.#end);
    this.#replaced = index;
    this.#replacement = bytes;
  }

  /** The whole payload. Allocates a view, so only for rare requests. */
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

  /** `q`, signed. Allocates a BigInt, so only for rare requests. */
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
   * `s` or `z`: the next string, in a slot of its own, which is not written
   * again before the next request. For C it ends at its first NUL, as in the
   * original helper. No request has more than three; a fourth is an overrun.
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
    // Not set(subarray()): that allocates a view, and is slower for usual paths.
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
