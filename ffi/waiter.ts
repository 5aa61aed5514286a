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

/** `struct pollfd`: i32 fd, i16 events, i16 revents; two of them. */
const POLLFD_SIZE = 8;

/** Waits for one descriptor, or for {@linkcode Waiter.wake}. */
export class Waiter implements Disposable {
  readonly #libc: Libc<typeof SYMBOLS>;
  readonly #event: number;
  readonly #fds = new Uint8Array(new ArrayBuffer(2 * POLLFD_SIZE));
  readonly #view = new DataView(this.#fds.buffer);

  /** @throws {SystemError} where no eventfd(2) can be had */
  constructor(libc: Libc<typeof SYMBOLS>, fd: number) {
    this.#libc = libc;
    this.#event = must(libc, "eventfd", libc.symbols.eventfd(0, EFD_CLOEXEC));
    this.#view.setInt32(0, fd, true);
    this.#view.setInt32(POLLFD_SIZE, this.#event, true);
    this.#view.setInt16(POLLFD_SIZE + 4, POLLIN, true);
  }

  /**
   * Resolves when one of `events` (POLLIN, POLLOUT) or an error is there, when
   * woken, or after `milliseconds`; -1 waits for ever. What it was shows in
   * the next system call. One wait at a time.
   */
  async wait(events: number, milliseconds: number): Promise<void> {
    this.#view.setInt16(4, events, true);
    await this.#libc.symbols.poll(this.#fds, 2n, milliseconds);
  }

  /** The same, but deaf to {@linkcode wake}. */
  async waitDeaf(events: number, milliseconds: number): Promise<void> {
    this.#view.setInt16(4, events, true);
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
}
