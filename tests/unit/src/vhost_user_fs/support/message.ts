/**
 * A request in this process, as the device would hand it over: in pieces, so
 * that data cross from one to the next.
 *
 * @module
 */
import { equal, ok } from "node:assert/strict";
import type { Fixed } from "../../../../../ffi/memory.ts";
import type { Wide } from "../../../../../ffi/passthrough_io.ts";
import type { Libc } from "../../../../../ffi/libc.ts";
import type { Message } from "../../../../../src/vhost_user_fs/message.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What memory holds that nobody has written to. */
export const UNTOUCHED = 0xaa;
const ROOM = 2 << 20;
const IOV_MAX = 1024;

/** The only message there is: it is filled anew for each request. */
export class TestMessage implements Message {
  readonly vector: Wide;
  covered = 0;
  readableSize = 0;
  writableSize = 0;
  /** Bytes of one element of a vector. */
  piece = ROOM;
  /** Called after each fetch: what a guest does that writes to what it has sent. */
  tamper: (bytes: Bytes) => void = () => {};

  readonly readable: Bytes = new Uint8Array(new ArrayBuffer(ROOM));
  readonly writable: Bytes = new Uint8Array(new ArrayBuffer(ROOM));
  readonly #vector = new BigUint64Array(new ArrayBuffer(IOV_MAX * 16));
  readonly #readableAt: bigint;
  readonly #writableAt: bigint;

  constructor(
    libc: Pick<Libc<Deno.ForeignLibraryInterface>, "addressOf">,
  ) {
    this.vector = new BigUint64Array([libc.addressOf(this.#vector)]);
    this.#readableAt = libc.addressOf(this.readable);
    this.#writableAt = libc.addressOf(this.writable);
  }

  /** Puts a request, with room for `room` bytes of reply. */
  put(request: Uint8Array, room: number): void {
    this.readable.fill(0xee, 0, request.length + 64);
    this.readable.set(request);
    this.writable.fill(UNTOUCHED, 0, Math.max(room, this.writableSize) + 64);
    this.readableSize = request.length;
    this.writableSize = room;
  }

  /** What was written; nothing may have been behind `length` bytes. */
  written(length: number): Bytes {
    ok(length <= this.writableSize, "more was written than there is room");
    const rest = this.writable.subarray(length, this.writableSize + 64);
    equal(rest.findIndex((byte) => byte !== UNTOUCHED), -1, "written beyond");
    return this.writable.slice(0, length);
  }

  fetch(into: Fixed, size: number): void {
    ok(size <= this.readableSize && size <= into.bytes.length);
    for (let i = 0; i < size; i++) into.bytes[i] = this.readable[i]!;
    this.tamper(this.readable);
  }

  readVector(offset: number, size: number): number {
    ok(offset + size <= this.readableSize);
    return this.#put(this.#readableAt, offset, size);
  }

  writeVector(offset: number, size: number): number {
    ok(offset + size <= this.writableSize);
    return this.#put(this.#writableAt, offset, size);
  }

  store(from: Fixed, size: number): void {
    ok(size <= this.writableSize && size <= from.bytes.length);
    for (let i = 0; i < size; i++) this.writable[i] = from.bytes[i]!;
  }

  #put(base: bigint, offset: number, size: number): number {
    let count = 0;
    let done = 0;
    for (; done < size && count < IOV_MAX; count++) {
      const piece = Math.min(this.piece, size - done);
      this.#vector[2 * count] = base + BigInt(offset + done);
      this.#vector[2 * count + 1] = BigInt(piece);
      done += piece;
    }
    this.covered = done;
    return count;
  }
}
