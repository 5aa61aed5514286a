/**
 * Waits for a descriptor on another thread, so that the event loop (signals)
 * goes on and the process uses no CPU.
 *
 * @module
 */
import { EFD_CLOEXEC, POLLIN } from "./constants.ts";
import type { Libc } from "./libc.ts";
import type { SYMBOLS } from "./symbols.ts";
import { must } from "./system_error.ts";

/** `struct pollfd`: i32 fd, i16 events, i16 revents. */
const POLLFD_SIZE = 8;
/** The watched descriptor, our own event, the parent. */
const WATCHED = 0, EVENT = 1, PARENT = 2, COUNT = 3;
/** poll(2) passes over a negative descriptor. */
const NONE = -1;

/** Waits for one descriptor, or for {@linkcode Waiter.wake}. */
export class Waiter implements Disposable {
  readonly #libc: Libc<typeof SYMBOLS>;
  readonly #event: number;
  readonly #fds = new Uint8Array(new ArrayBuffer(COUNT * POLLFD_SIZE));
  readonly #view = new DataView(this.#fds.buffer);
  #onParentExit: (() => void) | undefined;

  /** @throws {SystemError} where no eventfd(2) can be had */
  constructor(libc: Libc<typeof SYMBOLS>) {
    this.#libc = libc;
    this.#event = must(libc, "eventfd", libc.symbols.eventfd(0, EFD_CLOEXEC));
    this.#put(WATCHED, NONE, 0);
    this.#put(EVENT, this.#event, POLLIN);
    this.#put(PARENT, NONE, 0);
  }

  /** The descriptor to wait for from now on. */
  watch(fd: number): void {
    this.#put(WATCHED, fd, 0);
  }

  /** Calls `onExit`, once, in the first wait after the process behind the pidfd has ended. */
  watchParent(pidfd: number, onExit: () => void): void {
    this.#put(PARENT, pidfd, POLLIN);
    this.#onParentExit = onExit;
  }

  /**
   * Resolves when one of `events` (POLLIN, POLLOUT) or an error is there, when
   * woken, or after `milliseconds`; -1 waits for ever. What it was shows in
   * the next system call. One wait at a time.
   */
  async wait(events: number, milliseconds: number): Promise<void> {
    this.#view.setInt16(WATCHED * POLLFD_SIZE + 4, events, true);
    await this.#libc.symbols.poll(this.#fds, BigInt(COUNT), milliseconds);
    if (this.#view.getInt16(PARENT * POLLFD_SIZE + 6, true) !== 0) {
      this.#put(PARENT, NONE, 0);
      this.#onParentExit?.();
    }
  }

  /** The same, but deaf to all else. */
  async waitDeaf(events: number, milliseconds: number): Promise<void> {
    this.#view.setInt16(WATCHED * POLLFD_SIZE + 4, events, true);
    await this.#libc.symbols.poll(this.#fds, 1n, milliseconds);
  }

  /** Lets the event loop turn once, about 20 µs. */
  turn(): Promise<void> {
    return this.wait(0, 0);
  }

  /** Ends the wait that is under way and every later one at once. */
  wake(): void {
    this.#libc.symbols.write(this.#event, new BigUint64Array([1n]), 8n);
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#event);
  }

  #put(index: number, fd: number, events: number): void {
    this.#view.setInt32(index * POLLFD_SIZE, fd, true);
    this.#view.setInt16(index * POLLFD_SIZE + 4, events, true);
    this.#view.setInt16(index * POLLFD_SIZE + 6, 0, true);
  }
}
