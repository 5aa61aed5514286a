/**
 * The memory of another process: what a passed descriptor stands for, mapped.
 *
 * Most of it is reached by address only: data is read and written there by the
 * kernel, and small things are copied to private memory. Such a mapping is
 * where the kernel puts it, of any size, and costs V8 nothing.
 *
 * What is polled and stored into all the time, the rings, is mapped a second
 * time as a {@linkcode Window}: the pages of the descriptor take the place of
 * pages in the middle of a large SharedArrayBuffer, so that typed arrays and
 * `Atomics` work on the guest's own memory, without any pointer API. Pages that
 * lie there are exchanged, never unmapped: nothing in them can fault.
 *
 * @module
 */
import {
  AT_EMPTY_PATH,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
  STATX_BASIC_STATS,
} from "./constants.ts";
import { EINVAL, ENOMEM } from "./errno.ts";
import { STATX } from "./files.ts";
import type { Libc } from "./libc.ts";
import { allocate, allocateString } from "./memory.ts";
import { type Errno, failure } from "./results.ts";
import type {
  GUEST_MEMORY_SYMBOLS,
  GUEST_SETUP_SYMBOLS,
} from "./symbols/guest_memory.ts";
import type { STATUS_SYMBOLS } from "./symbols/status.ts";

/** mmap(2). */
const MAP_SHARED = 0x01;
const MAP_NORESERVE = 0x4000;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/**
 * Buffers for windows are so large that glibc's malloc gives each a mapping of
 * its own (`M_MMAP_THRESHOLD` never exceeds 32 MiB, mallopt(3)): in its heap
 * the exchanged pages would hold other objects.
 */
const POOL_SIZE = 0x400_0000;
/** The buffer begins so far into its mapping, behind malloc's own words. */
const MALLOC_HEADER = 16;
/** Takes the longest table of a ring, 32768 descriptors of 16 bytes, wherever it begins. */
const SLOT_SIZE = 0x10_0000;
/** The largest pages that hugetlbfs(5) has on what this runs on. */
const LARGEST_PAGE = 0x4000_0000;

/** A mapping that is reached by address. */
export interface Mapping {
  /** Where the first byte is that was asked for. Less than 2^53: user space ends before. */
  readonly address: number;
  unmap(): void;
}

/** A mapping that is reached by typed arrays. */
export interface Window {
  readonly buffer: SharedArrayBuffer;
  /** Where in the buffer the first byte is that was asked for. */
  readonly offset: number;
  /** Puts empty pages in the place of the guest's. */
  release(): void;
}

/** What fstat(2) knows of a descriptor. */
export interface FileFacts {
  readonly size: number;
  /** The unit of a mapping of it: a page; that of hugetlbfs for its files. */
  readonly unit: number;
  readonly mode: number;
  readonly device: string;
}

/** What {@linkcode guestMemoryCalls} returns. */
export type GuestMemoryCalls = ReturnType<typeof guestMemoryCalls>;

/** Binds the calls to `libc`. Nothing here throws, unless said otherwise. */
export function guestMemoryCalls(
  libc: Libc<
    & typeof GUEST_MEMORY_SYMBOLS
    & typeof GUEST_SETUP_SYMBOLS
    & typeof STATUS_SYMBOLS
  >,
) {
  const c = libc.symbols;
  const page = c.getpagesize();
  const status = allocate(libc, STATX.size);
  const empty = allocateString(libc, 1);
  const pools: SlotPool[] = [];

  return {
    page,

    /** The facts of `fd`, or a negative errno. */
    facts(fd: number): FileFacts | Errno {
      const result = c.statx(
        fd,
        empty.pointer,
        AT_EMPTY_PATH,
        STATX_BASIC_STATS,
        status.pointer,
      );
      if (result < 0) return failure(libc.errno());
      const words = status.words;
      return {
        size: words[STATX.fileSize]! + words[STATX.fileSize + 1]! * 2 ** 32,
        unit: unitOf(words[STATX.blksize]!),
        mode: words[STATX.mode]! & 0xffff,
        device: `${words[STATX.devMajor]}:${words[STATX.devMinor]}`,
      };
    },

    /**
     * Maps bytes [offset, offset + size) of `fd`, which the file must have:
     * behind its end the process is killed (SIGBUS).
     */
    map(
      fd: number,
      offset: number,
      size: number,
      unit: number,
    ): Mapping | Errno {
      const start = Math.floor(offset / unit) * unit;
      const length = Math.ceil((offset + size) / unit) * unit - start;
      const address = mmap(0, length, MAP_SHARED | MAP_NORESERVE, fd, start);
      if (address < 0) return address as Errno;
      return {
        address: address + (offset - start),
        unmap() {
          c.unmap_memory(BigInt(address), BigInt(length));
        },
      };
    },

    /** The same as a window; some KiB in size. */
    window(
      fd: number,
      offset: number,
      size: number,
      unit: number,
    ): Window | Errno {
      const start = Math.floor(offset / unit) * unit;
      const length = Math.ceil((offset + size) / unit) * unit - start;
      const slot = slotFor(length, unit);
      if (typeof slot === "number") return slot;
      const flags = MAP_SHARED | MAP_FIXED;
      const mapped = mmap(slot.address, length, flags, fd, start);
      if (mapped < 0) {
        slot.free();
        return mapped as Errno;
      }
      return {
        buffer: slot.buffer,
        offset: slot.offset + (offset - start),
        release() {
          const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
          // Where that fails the guest's pages stay, and the slot is not used again.
          if (mmap(slot.address, length, flags, -1, 0) >= 0) slot.free();
        },
      };
    },
  };

  function unitOf(blockSize: number): number {
    const sensible = blockSize > page && blockSize <= LARGEST_PAGE &&
      (blockSize & (blockSize - 1)) === 0;
    return sensible ? blockSize : page;
  }

  /** The address, or a negative errno. */
  function mmap(
    address: number,
    length: number,
    flags: number,
    fd: number,
    offset: number,
  ): number {
    if (!Number.isSafeInteger(offset + length)) return -EINVAL;
    const result = c.map_memory(
      BigInt(address),
      BigInt(length),
      PROT_READ | PROT_WRITE,
      flags,
      fd,
      BigInt(offset),
    );
    return result === MAP_FAILED ? -libc.errno() : Number(result);
  }

  /** A place for `length` bytes of a file that is mapped in units of `unit`. */
  function slotFor(length: number, unit: number): Slot | Errno {
    const small = length <= SLOT_SIZE && unit <= SLOT_SIZE;
    const slotSize = small ? SLOT_SIZE : length;
    const alignment = small ? SLOT_SIZE : unit;
    for (const pool of pools) {
      const slot = pool.slotSize === slotSize &&
        pool.alignment === alignment && pool.take();
      if (slot) return slot;
    }
    const size = Math.max(POOL_SIZE, length + unit + page);
    const pool = makePool(size, slotSize, alignment);
    if (typeof pool === "number") return pool;
    // All are kept: who holds a stale view must hold pages of ours.
    pools.push(pool);
    return pool.take()!;
  }

  function makePool(
    size: number,
    slotSize: number,
    alignment: number,
  ): SlotPool | Errno {
    let buffer: SharedArrayBuffer;
    try {
      buffer = new SharedArrayBuffer(size);
    } catch {
      return failure(ENOMEM);
    }
    const view = new Uint8Array(buffer) as unknown as Uint8Array<ArrayBuffer>;
    const address = Number(libc.addressOf(view));
    // Not what is described above: exchanged pages could hold other objects, too.
    if (address % page !== MALLOC_HEADER) return failure(ENOMEM);
    return new SlotPool(buffer, address, slotSize, alignment);
  }
}

/** A place for a window. */
interface Slot {
  readonly buffer: SharedArrayBuffer;
  /** Of the buffer and of the process: the same place. */
  readonly offset: number;
  readonly address: number;
  free(): void;
}

/** A buffer that is divided into slots. */
class SlotPool {
  readonly #free: Slot[] = [];

  constructor(
    buffer: SharedArrayBuffer,
    address: number,
    readonly slotSize: number,
    readonly alignment: number,
  ) {
    const first = Math.ceil(address / alignment) * alignment;
    const end = address + buffer.byteLength;
    for (let at = first; at + slotSize <= end; at += slotSize) {
      const slot: Slot = {
        buffer,
        offset: at - address,
        address: at,
        free: () => {
          this.#free.push(slot);
        },
      };
      this.#free.push(slot);
    }
  }

  take(): Slot | undefined {
    return this.#free.pop();
  }
}
