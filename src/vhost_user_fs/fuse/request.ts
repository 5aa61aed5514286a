/**
 * Reads one request in a private copy of it, which the guest cannot change.
 *
 * @module
 */
import type { Errno } from "../../../ffi/results.ts";
import { failure } from "../../../ffi/results.ts";
import { EINVAL, ENAMETOOLONG } from "../../../ffi/errno.ts";
import type { Libc } from "../../../ffi/libc.ts";
import {
  allocate,
  allocateString,
  type CString,
  type Fixed,
  type StringSlot,
} from "../../../ffi/memory.ts";
import type { Name } from "../../../ffi/passthrough.ts";
import {
  NAME_MAX,
  PATH_MAX,
  XATTR_NAME_MAX,
  XATTR_SIZE_MAX,
} from "../../../ffi/passthrough_constants.ts";
import { EXT_GROUPS, IN_HEADER } from "./structs.ts";

/** Bytes of the longest request but WRITE's data: SETXATTR's. Only BATCH_FORGET could need more. */
export const REQUEST_SIZE = IN_HEADER.size + 16 + XATTR_NAME_MAX + 1 +
  XATTR_SIZE_MAX;

const SLASH = 0x2f;
const DOT = 0x2e;
/** Where arguments begin, in 32-bit and in 64-bit words. */
const ARGUMENTS = IN_HEADER.size / 4;
const WIDE_ARGUMENTS = IN_HEADER.size / 8;

/** The request that is being answered. */
export class Request {
  /** The private copy. */
  readonly memory: Fixed;
  /** The same as 64-bit words, to be passed to calls by index; see {@linkcode wideAt}. */
  readonly wide: BigUint64Array<ArrayBuffer>;
  /** Why the last string was refused. */
  refusal: Errno = failure(EINVAL);
  /** Bytes in the string that was handed out last, without its NUL. */
  length = 0;

  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #names: readonly [StringSlot, StringSlot];
  readonly #target: StringSlot;
  readonly #value: Fixed;
  #handedOut = 0;
  #at = 0;
  /** Where strings and values end: extensions follow. */
  #end = 0;

  constructor(libc: Pick<Libc<Deno.ForeignLibraryInterface>, "pointerTo">) {
    // Whole 64-bit words.
    this.memory = allocate(libc, Math.ceil(REQUEST_SIZE / 8) * 8);
    this.wide = new BigUint64Array(this.memory.bytes.buffer);
    this.#words = this.memory.words;
    this.#bytes = this.memory.bytes;
    this.#names = [
      allocateString(libc, NAME_MAX + 1),
      allocateString(libc, NAME_MAX + 1),
    ];
    this.#target = allocateString(libc, PATH_MAX);
    this.#value = allocate(libc, XATTR_SIZE_MAX);
  }

  /**
   * Starts on a request of `size` bytes with `fixed` bytes of arguments before
   * its strings. False where its extensions take more than there is.
   */
  begin(size: number, fixed: number): boolean {
    const extensions = (this.#words[IN_HEADER.extensions]! & 0xffff) * 8;
    this.#at = IN_HEADER.size + fixed;
    this.#end = size - extensions;
    this.#handedOut = 0;
    return this.#end >= this.#at;
  }

  get uid(): number {
    return this.#words[IN_HEADER.uid]!;
  }

  get gid(): number {
    return this.#words[IN_HEADER.gid]!;
  }

  /** The two halves of the header's node. */
  get nodeLow(): number {
    return this.#words[IN_HEADER.nodeid]!;
  }

  get nodeHigh(): number {
    return this.#words[IN_HEADER.nodeid + 1]!;
  }

  /** 32-bit word `index` of the arguments. */
  u32(index: number): number {
    return this.#words[ARGUMENTS + index]!;
  }

  /** The index in {@linkcode wide} of the 64-bit word `index` of the arguments. */
  wideAt(index: number): number {
    return WIDE_ARGUMENTS + index;
  }

  /** Whether the 64-bit word `index` of the arguments is no offset of a file: signed, it is negative. */
  isNegative(index: number): boolean {
    return this.#words[ARGUMENTS + 2 * index + 1]! > 0x7fffffff;
  }

  /** Adds to the 64-bit word `index` of the arguments. */
  advance(index: number, count: number): void {
    const words = this.#words, at = ARGUMENTS + 2 * index;
    const low = words[at]! + count;
    words[at] = low;
    if (low > 0xffff_ffff) words[at + 1]! += 1;
  }

  /** Makes the 64-bit word `index` of the arguments at most `most`, which has 32 bits. */
  limit(index: number, most: number): void {
    const words = this.#words, at = ARGUMENTS + 2 * index;
    if (words[at + 1]! === 0 && words[at]! <= most) return;
    words[at] = most;
    words[at + 1] = 0;
  }

  /** Bytes behind the fixed arguments and the strings that were handed out. */
  get rest(): number {
    return this.#end - this.#at;
  }

  /** Goes on behind `count` more bytes of fixed arguments. False where there are not so many. */
  skip(count: number): boolean {
    this.#at += count;
    return this.#at <= this.#end;
  }

  /**
   * The next string in wire order, as a component of a path: of a request's two
   * each has memory of its own. Null where it is none, see {@linkcode refusal}.
   */
  name(): Name | null {
    const slot = this.#names[this.#handedOut]!;
    if (!this.#string(slot, NAME_MAX)) return null;
    this.#handedOut++;
    const { bytes } = slot, length = this.length;
    for (let i = 0; i < length; i++) {
      if (bytes[i] === SLASH) return this.#refuse(EINVAL);
    }
    const dots = bytes[0] === DOT &&
      (length === 1 || length === 2 && bytes[1] === DOT);
    return dots ? this.#refuse(EINVAL) : slot.pointer as Name;
  }

  /** The next string in wire order, as the name of an extended attribute. */
  attributeName(): CString | null {
    const slot = this.#names[0];
    if (!this.#string(slot, XATTR_NAME_MAX)) return null;
    this.#handedOut = 1;
    return slot.pointer;
  }

  /** Whether the string that {@linkcode attributeName} has handed out begins with `prefix`. */
  startsWith(prefix: Uint8Array): boolean {
    const { bytes } = this.#names[0];
    for (let i = 0; i < prefix.length; i++) {
      if (bytes[i] !== prefix[i]) return false;
    }
    return true;
  }

  /** The next string in wire order, as what a symlink says. */
  target(): CString | null {
    return this.#string(this.#target, PATH_MAX - 1)
      ? this.#target.pointer
      : null;
  }

  /** The names that were handed out, for people. Makes garbage. */
  get strings(): Uint8Array[] {
    return this.#names.slice(0, this.#handedOut)
      .map(({ bytes }) => bytes.slice(0, bytes.indexOf(0)));
  }

  /** The next `size` bytes; null where there are not so many. */
  value(size: number): Deno.PointerObject | null {
    if (size > this.rest || size > XATTR_SIZE_MAX) return this.#refuse(EINVAL);
    const from = this.#bytes, to = this.#value.bytes, at = this.#at;
    for (let i = 0; i < size; i++) to[i] = from[at + i]!;
    return this.#value.pointer;
  }

  /**
   * The group that the caller has besides its own and that the request is to
   * be carried out with: -1 where there is none, -EINVAL where its extension
   * is malformed. FUSE_EXT_GROUPS has one group at most.
   */
  group(): number {
    const words = this.#words;
    const end = this.#end + (words[IN_HEADER.extensions]! & 0xffff) * 8;
    // The kernel pads names and extensions: this end is that of the message, which need not be a multiple of 4.
    for (let at = this.#end; at + 8 <= end;) {
      const size = this.#unaligned(at), type = this.#unaligned(at + 4);
      if (size < 8 || size > end - at || size % 8 !== 0) return -EINVAL;
      if (type === EXT_GROUPS) {
        if (size < 16) return -EINVAL;
        const count = this.#unaligned(at + 8);
        if (count === 0) return -1;
        return count > 1 ? -EINVAL : this.#unaligned(at + 12);
      }
      at += size;
    }
    return -1;
  }

  #unaligned(at: number): number {
    const b = this.#bytes;
    return (b[at]! | b[at + 1]! << 8 | b[at + 2]! << 16 | b[at + 3]! << 24) >>>
      0;
  }

  /** Copies a NUL-ended string of up to `max` bytes, but not an empty one. */
  #string(slot: StringSlot, max: number): boolean {
    const from = this.#bytes, to = slot.bytes;
    const start = this.#at;
    const room = this.#end - start;
    for (let i = 0; i < room; i++) {
      const byte = from[start + i]!;
      if (byte === 0) {
        this.#at = start + i + 1;
        this.length = i;
        to[i] = 0;
        if (i === 0) this.refusal = failure(EINVAL);
        return i > 0;
      }
      if (i === max) {
        this.refusal = failure(ENAMETOOLONG);
        return false;
      }
      to[i] = byte;
    }
    this.refusal = failure(EINVAL);
    return false;
  }

  #refuse(errno: number): null {
    this.refusal = failure(errno);
    return null;
  }
}
