/**
 * A split virtqueue from the driver's side (virtio 1.2, 2.7), and the two
 * eventfds beside it.
 *
 * @module
 */
import type { Region } from "./region.ts";
import { BackEndError, type System } from "./system.ts";

export const DESC_F_NEXT = 1;
export const DESC_F_WRITE = 2;
export const DESC_F_INDIRECT = 4;
const DESCRIPTOR_SIZE = 16;
const AVAIL_F_NO_INTERRUPT = 1;
const USED_F_NO_NOTIFY = 1;
/** Descriptors that one indirect table holds: a request of 1 MiB in single pages, and some. */
export const INDIRECT_ENTRIES = 300;

/** How a ring is driven. */
export interface RingForm {
  readonly size: number;
  readonly indirect: boolean;
  readonly eventIdx: boolean;
}

/** A piece of the guest's memory, as a descriptor names it. */
export interface Buffer {
  readonly address: number;
  readonly length: number;
  readonly writable: boolean;
}

/** What the device gave back. */
export interface Used {
  readonly head: number;
  readonly length: number;
}

/** Bytes that a ring of this form takes. */
export function ringBytes(form: RingForm): number {
  return align(form.size * DESCRIPTOR_SIZE) + align(6 + 2 * form.size) +
    align(6 + 8 * form.size) +
    (form.indirect ? form.size * INDIRECT_ENTRIES * DESCRIPTOR_SIZE : 0);
}

function align(size: number): number {
  return Math.ceil(size / 64) * 64;
}

/** One ring in a region of the guest's memory, from the offset `start` on. */
export class Ring {
  readonly #system: System;
  readonly #memory: Region;
  /** Where its parts lie within the region. */
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  readonly #tables: number;
  /** Heads that are not in flight, and how many descriptors each chain has. */
  #free: number[] = [];
  readonly #chains = new Map<number, number[]>();
  /** Free-running, modulo 2^16. */
  availIdx = 0;
  usedIdx = 0;
  #kicked = 0;
  kickFd: number;
  callFd: number;
  errFd: number;
  /** Kicks that were not needed, and those that were. */
  readonly counts = { kicks: 0, suppressed: 0 };

  constructor(
    system: System,
    memory: Region,
    start: number,
    readonly index: number,
    readonly form: RingForm,
  ) {
    this.#system = system;
    this.#memory = memory;
    this.descriptors = start;
    this.available = this.descriptors + align(form.size * DESCRIPTOR_SIZE);
    this.used = this.available + align(6 + 2 * form.size);
    this.#tables = this.used + align(6 + 8 * form.size);
    this.kickFd = system.eventfd();
    this.callFd = system.eventfd();
    this.errFd = system.eventfd();
    this.clear();
  }

  /** As new: the driver's start. */
  clear(): void {
    const { size } = this.form;
    this.#memory.bytes.fill(0, this.descriptors, this.#tables);
    this.availIdx = this.usedIdx = this.#kicked = 0;
    this.#chains.clear();
    this.#free = Array.from({ length: size }, (_, index) => size - 1 - index);
  }

  /** Requests in flight. */
  get inFlight(): number {
    return this.#chains.size;
  }

  /** Lays out a chain. Returns its head, which is not published yet. */
  add(buffers: readonly Buffer[]): number {
    if (this.form.indirect && buffers.length > 1) {
      const head = this.#take();
      const table = this.#tables + head * INDIRECT_ENTRIES * DESCRIPTOR_SIZE;
      if (buffers.length > INDIRECT_ENTRIES) {
        throw new RangeError(`Cannot lay out ${buffers.length} descriptors`);
      }
      buffers.forEach((buffer, index) =>
        this.write(
          table + index * DESCRIPTOR_SIZE,
          buffer,
          index + 1 < buffers.length ? index + 1 : -1,
        )
      );
      this.write(
        this.descriptors + head * DESCRIPTOR_SIZE,
        {
          address: this.#memory.guestAddress + table,
          length: buffers.length * DESCRIPTOR_SIZE,
          writable: false,
        },
        -1,
        DESC_F_INDIRECT,
      );
      this.#chains.set(head, [head]);
      return head;
    }
    const chain = buffers.map(() => this.#take());
    buffers.forEach((buffer, index) =>
      this.write(
        this.descriptors + chain[index]! * DESCRIPTOR_SIZE,
        buffer,
        chain[index + 1] ?? -1,
      )
    );
    this.#chains.set(chain[0]!, chain);
    return chain[0]!;
  }

  /** Takes descriptors for a chain that a test lays out by itself, which begins with the first. */
  claim(count: number): number[] {
    const chain = Array.from({ length: count }, () => this.#take());
    this.#chains.set(chain[0]!, chain);
    return chain;
  }

  /** Where a descriptor, or an entry of the indirect table of a head, lies in the region. */
  descriptorAt(index: number, ofTable?: number): number {
    return ofTable === undefined
      ? this.descriptors + index * DESCRIPTOR_SIZE
      : this.#tables +
        (ofTable * INDIRECT_ENTRIES + index) * DESCRIPTOR_SIZE;
  }

  /** Writes one descriptor at an offset of the region. */
  write(at: number, buffer: Buffer, next: number, flags = 0): void {
    const { view } = this.#memory;
    view.setBigUint64(at, BigInt(buffer.address), true);
    view.setUint32(at + 8, buffer.length, true);
    view.setUint16(
      at + 12,
      flags | (buffer.writable ? DESC_F_WRITE : 0) |
        (next >= 0 ? DESC_F_NEXT : 0),
      true,
    );
    view.setUint16(at + 14, next >= 0 ? next : 0, true);
  }

  /** Makes a chain visible to the device. */
  publish(head: number): void {
    const { halves } = this.#memory;
    halves[this.available / 2 + 2 + this.availIdx % this.form.size] = head;
    this.availIdx = this.availIdx + 1 & 0xffff;
    this.setAvailIdx(this.availIdx);
  }

  /** avail->idx, to be seen after everything before it. */
  setAvailIdx(value: number): void {
    Atomics.store(this.#memory.halves, this.available / 2 + 1, value);
  }

  /** Tells the device of what was published, unless it has said that it looks by itself; `always` is for a VMM, which does not know. */
  kick(always = false): void {
    const { halves } = this.#memory;
    const { size, eventIdx } = this.form;
    const before = this.#kicked;
    this.#kicked = this.availIdx;
    let needed: boolean;
    if (eventIdx) {
      const event = Atomics.load(halves, this.used / 2 + 2 + 4 * size);
      needed = (this.availIdx - event - 1 & 0xffff) <
        (this.availIdx - before & 0xffff);
    } else {
      needed = (Atomics.load(halves, this.used / 2) & USED_F_NO_NOTIFY) === 0;
    }
    if (!needed && !always) {
      this.counts.suppressed++;
      return;
    }
    this.counts.kicks++;
    this.#system.signal(this.kickFd);
  }

  /** used->idx as it is now. */
  get deviceIdx(): number {
    return Atomics.load(this.#memory.halves, this.used / 2 + 1);
  }

  /** The next chain that came back, if one has. */
  reap(): Used | undefined {
    if (this.deviceIdx === this.usedIdx) return undefined;
    const at = this.used + 4 + 8 * (this.usedIdx % this.form.size);
    const head = this.#memory.view.getUint32(at, true);
    const length = this.#memory.view.getUint32(at + 4, true);
    const chain = this.#chains.get(head);
    if (chain === undefined) {
      throw new BackEndError(
        `Ring ${this.index} gave back head ${head}, which is not in flight`,
      );
    }
    this.usedIdx = this.usedIdx + 1 & 0xffff;
    this.#chains.delete(head);
    this.#free.push(...chain);
    return { head, length };
  }

  /** Whether the device is to signal the next chain that comes back. */
  listen(on: boolean): void {
    const { halves } = this.#memory;
    if (this.form.eventIdx) {
      // Half a turn behind: nothing crosses it for a while.
      const event = on ? this.usedIdx : this.usedIdx - 0x8000 & 0xffff;
      Atomics.store(
        halves,
        this.available / 2 + 2 + this.form.size,
        event,
      );
    } else {
      Atomics.store(
        halves,
        this.available / 2,
        on ? 0 : AVAIL_F_NO_INTERRUPT,
      );
    }
  }

  /**
   * The next chain, waited for as a driver waits: for the call descriptor.
   *
   * @param control the control socket, whose end ends the wait
   */
  collect(control: number, milliseconds: number): Used {
    for (;;) {
      const used = this.reap();
      if (used !== undefined) return used;
      this.listen(true);
      if (this.deviceIdx !== this.usedIdx) continue;
      const ready = this.#system.wait(this.callFd, control, milliseconds);
      if (ready & 1) {
        this.#system.take(this.callFd);
      } else if (this.deviceIdx !== this.usedIdx) {
        if (ready === 0) {
          throw new BackEndError(
            `Ring ${this.index}: a chain came back and no call was made`,
          );
        }
      } else {
        throw new BackEndError(
          ready === 0
            ? `Ring ${this.index}: no answer in time`
            : `Ring ${this.index}: the back end has gone`,
        );
      }
    }
  }

  close(): void {
    this.#system.close(this.kickFd, this.callFd, this.errFd);
    this.kickFd = this.callFd = this.errFd = -1;
  }

  #take(): number {
    const head = this.#free.pop();
    if (head === undefined) throw new RangeError("Cannot lay out: ring full");
    return head;
  }
}
