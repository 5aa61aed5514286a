/**
 * A piece of a guest's memory, which the back end maps too.
 *
 * @module
 */
import { MAP_FIXED, PROT_READ, PROT_WRITE } from "../../../ffi/constants.ts";
import { BackEndError, type System } from "./system.ts";

const MAP_SHARED = 1;
const PAGE = 4096;
/** Buffers of this size have pages of their own: see below. */
const SMALLEST_BUFFER = 64 * 1024 * 1024;

/** Where a region is to be seen. */
export interface RegionPlace {
  /** For the guest: in descriptors. */
  readonly guestAddress: number;
  /** For the VMM: in SET_VRING_ADDR. */
  readonly userAddress: number;
  readonly size: number;
  /** Where it begins within its file. */
  readonly fileOffset: number;
}

/** A region, until it is disposed of. */
export class Region implements RegionPlace, Disposable {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly halves: Uint16Array<SharedArrayBuffer>;
  readonly view: DataView<SharedArrayBuffer>;
  readonly #system: System;
  #fd: number;

  private constructor(
    system: System,
    fd: number,
    readonly guestAddress: number,
    readonly userAddress: number,
    readonly size: number,
    readonly fileOffset: number,
  ) {
    this.#system = system;
    this.#fd = fd;
    // The allocator gives large buffers pages of their own, which are replaced
    // by the file's: no store of the collector's or the allocator's lies there.
    // They are unmapped, the file's too, when the buffer is collected.
    const buffer = new SharedArrayBuffer(
      Math.max(SMALLEST_BUFFER, size + 2 * PAGE),
    );
    const address = system.libc.addressOf(
      new Uint8Array(buffer) as unknown as BufferSource,
    );
    const start = PAGE - Number(address % BigInt(PAGE));
    const mapped = system.libc.symbols.mmap(
      address + BigInt(start),
      BigInt(size),
      PROT_READ | PROT_WRITE,
      MAP_SHARED | MAP_FIXED,
      fd,
      BigInt(fileOffset),
    );
    if (mapped !== address + BigInt(start)) {
      throw new BackEndError("Cannot map memory");
    }
    this.bytes = new Uint8Array(buffer, start, size);
    this.halves = new Uint16Array(buffer, start, size / 2);
    this.view = new DataView(buffer, start, size);
  }

  /** Makes memory of whole pages. */
  static create(system: System, place: RegionPlace): Region {
    const { guestAddress, userAddress, size, fileOffset } = place;
    const fd = system.memfd(fileOffset + size);
    return new Region(system, fd, guestAddress, userAddress, size, fileOffset);
  }

  /** The file behind it. */
  get fd(): number {
    return this.#fd;
  }

  [Symbol.dispose](): void {
    this.#system.close(this.#fd);
    this.#fd = -1;
  }
}
