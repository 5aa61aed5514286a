/**
 * How the bytes of a request are spread over the guest's memory. The device
 * must not see a difference.
 *
 * @module
 */
import { concat } from "./bytes.ts";
import type { Region } from "./region.ts";
import type { Buffer } from "./ring.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * - `linux`: as the kernel does, header, arguments, and single pages.
 * - `whole`: one descriptor for each direction.
 * - `scattered`: single pages in no order.
 * - `shreds`: pieces of odd sizes, which begin anywhere.
 */
export type Layout = "linux" | "whole" | "scattered" | "shreds";

export const LAYOUTS: readonly Layout[] = [
  "linux",
  "whole",
  "scattered",
  "shreds",
];

const PAGE = 4096;
const SHREDS = [1, 7, 39, 3, 16, 255, 2, 4097, 11, 8193, 65537, 5];
/** What lies in the guest's buffers before the device writes. */
export const UNTOUCHED = 0xa5;

/** A piece of the region: where, and how long. */
type Piece = readonly [offset: number, length: number];

/** One direction of a request. */
export class Stream {
  readonly length: number;
  readonly #region: Region;
  readonly #pieces: readonly Piece[];
  readonly #writable: boolean;

  private constructor(
    region: Region,
    pieces: readonly Piece[],
    writable: boolean,
  ) {
    this.#region = region;
    this.#pieces = pieces;
    this.#writable = writable;
    this.length = pieces.reduce((sum, [, length]) => sum + length, 0);
  }

  /** Bytes for the device to read, from the offset `at` on. */
  static readable(
    region: Region,
    at: number,
    layout: Layout,
    parts: readonly Bytes[],
  ): Stream {
    const pieces = cut(layout, at, parts.map(({ length }) => length));
    const stream = new Stream(region, pieces, false);
    stream.put(parts);
    return stream;
  }

  /** Room for the device to write. */
  static writable(
    region: Region,
    at: number,
    layout: Layout,
    lengths: readonly number[],
  ): Stream {
    const stream = new Stream(region, cut(layout, at, lengths), true);
    for (const [offset, length] of stream.#pieces) {
      region.bytes.fill(UNTOUCHED, offset, offset + length);
    }
    return stream;
  }

  /** Fills it from its beginning. */
  put(parts: readonly Bytes[]): void {
    const whole = concat(parts);
    let done = 0;
    for (const [offset, length] of this.#pieces) {
      this.#region.bytes.set(whole.subarray(done, done + length), offset);
      done += length;
    }
  }

  /** What it holds now. */
  get bytes(): Bytes {
    const whole = new Uint8Array(this.length);
    let done = 0;
    for (const [offset, length] of this.#pieces) {
      whole.set(this.#region.bytes.subarray(offset, offset + length), done);
      done += length;
    }
    return whole;
  }

  get buffers(): Buffer[] {
    return this.#pieces.map(([offset, length]) => ({
      address: this.#region.guestAddress + offset,
      length,
      writable: this.#writable,
    }));
  }

  /** The end of what it takes of the region. */
  get end(): number {
    return Math.max(
      0,
      ...this.#pieces.map(([offset, length]) => offset + length),
    );
  }
}

function cut(layout: Layout, at: number, lengths: readonly number[]): Piece[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total === 0) return [];
  switch (layout) {
    case "whole":
      return [[at, total]];
    case "shreds": {
      const pieces: Piece[] = [];
      for (let done = 0, turn = 0; done < total; turn++) {
        const length = Math.min(SHREDS[turn % SHREDS.length]!, total - done);
        // Three bytes between them: nothing is adjacent, nothing is aligned.
        pieces.push([at + done + 3 * turn, length]);
        done += length;
      }
      return pieces;
    }
    case "linux":
    case "scattered": {
      const pieces: Piece[] = [];
      let start = at;
      for (const length of lengths) {
        const pages: Piece[] = [];
        for (let done = 0; done < length; done += PAGE) {
          pages.push([start + done, Math.min(PAGE, length - done)]);
        }
        start += Math.ceil(length / 64) * 64;
        if (length > PAGE && length % PAGE === 0 && layout === "scattered") {
          pages.reverse();
        }
        pieces.push(...pages);
      }
      return pieces;
    }
  }
}
