/**
 * Files and directories that the guest has open. What it is given is the index
 * of a slot and the slot's generation, never a descriptor.
 *
 * @module
 */
import type { Fd } from "../../../ffi/results.ts";
import type { Budget } from "./budget.ts";

declare const handle: unique symbol;
/** The index of an open file or directory. */
export type Handle = number & { readonly [handle]: true };

/** What is open. */
export const FILE = 1;
export const DIRECTORY = 2;

/** 0 is what a guest sends that has no handle. */
const FIRST = 1;
const FIRST_CAPACITY = 256;
const GENERATIONS = 0x1f_ffff;
const NONE = 0;
const CLOSED = -1;

/** All of them. */
export class OpenFiles {
  readonly #close: (fd: Fd) => void;
  readonly #budget: Budget;
  #capacity = FIRST_CAPACITY;
  #fds = new Int32Array(FIRST_CAPACITY).fill(CLOSED);
  #generations = new Uint32Array(FIRST_CAPACITY);
  /** {@linkcode FILE} or {@linkcode DIRECTORY}. */
  #kinds = new Uint8Array(FIRST_CAPACITY);
  /** Access mode and other flags it was opened with. */
  #flags = new Uint32Array(FIRST_CAPACITY);
  /** Where the kernel is in a directory: two halves each. */
  #positions = new Uint32Array(FIRST_CAPACITY * 2);
  /** The next free slot. */
  #next = new Int32Array(FIRST_CAPACITY);
  #free = NONE;
  /** Slots from here on were never used. */
  #end = FIRST;

  constructor(close: (fd: Fd) => void, budget: Budget) {
    this.#close = close;
    this.#budget = budget;
  }

  /** The slot behind what a guest sends, given by halves, if it is of this kind; 0 where it is not. */
  find(low: number, high: number, kind: number): Handle | 0 {
    return low !== NONE && low < this.#end && this.#fds[low]! !== CLOSED &&
        this.#generations[low] === high && this.#kinds[low] === kind
      ? low as Handle
      : 0;
  }

  /** The upper half of what the guest is given; the lower is the slot. */
  generation(handle: Handle): number {
    return this.#generations[handle]!;
  }

  fd(handle: Handle): Fd {
    return this.#fds[handle]! as Fd;
  }

  kind(handle: Handle): number {
    return this.#kinds[handle]!;
  }

  flags(handle: Handle): number {
    return this.#flags[handle]!;
  }

  /** Whether the kernel is at this position of a directory. */
  isAt(handle: Handle, low: number, high: number): boolean {
    return this.#positions[2 * handle] === low &&
      this.#positions[2 * handle + 1] === high;
  }

  moved(handle: Handle, low: number, high: number): void {
    this.#positions[2 * handle] = low;
    this.#positions[2 * handle + 1] = high;
  }

  /** `fd` belongs to it from here on. */
  add(fd: Fd, kind: number, flags: number): Handle {
    let handle = this.#free;
    if (handle === NONE) {
      if (this.#end === this.#capacity) this.#grow();
      handle = this.#end++;
    } else {
      this.#free = this.#next[handle]!;
    }
    this.#fds[handle] = fd;
    this.#kinds[handle] = kind;
    this.#flags[handle] = flags;
    this.moved(handle as Handle, 0, 0);
    this.#budget.used++;
    return handle as Handle;
  }

  release(handle: Handle): void {
    this.#close(this.#fds[handle]! as Fd);
    this.#fds[handle] = CLOSED;
    this.#generations[handle] = (this.#generations[handle]! + 1) & GENERATIONS;
    this.#next[handle] = this.#free;
    this.#free = handle;
    this.#budget.used--;
  }

  /** Closes everything. */
  reset(): void {
    for (let handle = FIRST; handle < this.#end; handle++) {
      if (this.#fds[handle]! !== CLOSED) this.release(handle as Handle);
    }
  }

  #grow(): void {
    this.#capacity *= 2;
    const fds = new Int32Array(this.#capacity).fill(CLOSED);
    fds.set(this.#fds);
    this.#fds = fds;
    this.#generations = grown(this.#generations, this.#capacity);
    const kinds = new Uint8Array(this.#capacity);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
    this.#flags = grown(this.#flags, this.#capacity);
    this.#positions = grown(this.#positions, this.#capacity * 2);
    const next = new Int32Array(this.#capacity);
    next.set(this.#next);
    this.#next = next;
  }
}

function grown(
  from: Uint32Array<ArrayBuffer>,
  length: number,
): Uint32Array<ArrayBuffer> {
  const into = new Uint32Array(length);
  into.set(from);
  return into;
}
