/**
 * Waits for a descriptor on another thread, so that the event loop (signals)
 * goes on and the process uses no CPU.
 *
 * @module
 */
import { EFD_CLOEXEC, POLLIN, POLLPRI } from "../../ffi/constants.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { DESCRIPTOR_SYMBOLS } from "../../ffi/symbols/descriptors.ts";
import type { IO_SYMBOLS } from "../../ffi/symbols/io.ts";
import type { WAITING_SYMBOLS } from "../../ffi/symbols/waiting.ts";
import { must } from "../../ffi/system_error.ts";

/** `struct pollfd`: i32 fd, i16 events, i16 revents. */
const POLLFD_SIZE = 8;
/** The watched descriptor, our own event, the parent, the host's mounts. */
const WATCHED = 0, EVENT = 1, PARENT = 2, MOUNTS = 3, COUNT = 4;
/** poll(2) passes over a negative descriptor. */
const NONE = -1;

/**
 * How long after a change of the mounts the next one is looked for: there are
 * hosts that mount and unmount all the time, for containers say.
 */
const MOUNTS_PAUSE_MS = 1000;

/** Waits for one descriptor, or for {@linkcode Waiter.wake}. */
export class Waiter implements Disposable {
  readonly #libc: Libc<
    typeof DESCRIPTOR_SYMBOLS & typeof IO_SYMBOLS & typeof WAITING_SYMBOLS
  >;
  readonly #event: number;
  readonly #fds = new Uint8Array(new ArrayBuffer(COUNT * POLLFD_SIZE));
  readonly #view = new DataView(this.#fds.buffer);
  #onParentExit: (() => void) | undefined;
  #mounts = NONE;
  #onMountsChange: (() => void) | undefined;
  /** When the mounts are looked at again, by performance.now(); 0 where they are. */
  #mountsPausedUntil = 0;

  /** @throws {SystemError} where no eventfd(2) can be had */
  constructor(
    libc: Libc<
      typeof DESCRIPTOR_SYMBOLS & typeof IO_SYMBOLS & typeof WAITING_SYMBOLS
    >,
  ) {
    this.#libc = libc;
    this.#event = must(libc, "eventfd", libc.symbols.eventfd(0, EFD_CLOEXEC));
    this.#put(WATCHED, NONE, 0);
    this.#put(EVENT, this.#event, POLLIN);
    this.#put(PARENT, NONE, 0);
    this.#put(MOUNTS, NONE, 0);
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
   * Calls `onChange` in a wait after something was mounted or unmounted, and
   * once more a second after that, or after this call: changes in between are
   * not told one by one. `table` is an open mount table,
   * proc_pid_mountinfo(5).
   */
  watchMounts(table: number, onChange: () => void): void {
    this.#mounts = table;
    this.#onMountsChange = onChange;
    this.#pauseMounts();
  }

  /**
   * Resolves when one of `events` (POLLIN, POLLOUT) or an error is there, when
   * woken, or after `milliseconds`; -1 waits for ever. What it was shows in
   * the next system call. One wait at a time.
   */
  async wait(events: number, milliseconds: number): Promise<void> {
    this.#view.setInt16(WATCHED * POLLFD_SIZE + 4, events, true);
    let ready = 0;
    do {
      const limit = this.#mountsPausedUntil === 0
        ? milliseconds
        : this.#limitOfPause(milliseconds);
      ready = await this.#libc.symbols.poll(this.#fds, BigInt(COUNT), limit);
      if (ready > 0 && this.#has(MOUNTS)) {
        this.#pauseMounts();
        this.#onMountsChange?.();
        ready--;
      }
      // For a wait without end, neither a change of the mounts nor the end of the pause is one.
    } while (ready === 0 && milliseconds < 0);
    if (ready > 0 && this.#has(PARENT)) {
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

  #pauseMounts(): void {
    this.#put(MOUNTS, NONE, 0);
    this.#mountsPausedUntil = performance.now() + MOUNTS_PAUSE_MS;
  }

  /** How long to wait until the pause is over; ends it if it is. */
  #limitOfPause(milliseconds: number): number {
    const left = Math.ceil(this.#mountsPausedUntil - performance.now());
    if (left > 0) return milliseconds < 0 ? left : milliseconds;
    this.#mountsPausedUntil = 0;
    this.#put(MOUNTS, this.#mounts, POLLPRI);
    this.#onMountsChange?.();
    return milliseconds;
  }

  #has(index: number): boolean {
    return this.#view.getInt16(index * POLLFD_SIZE + 6, true) !== 0;
  }

  #put(index: number, fd: number, events: number): void {
    this.#view.setInt32(index * POLLFD_SIZE, fd, true);
    this.#view.setInt16(index * POLLFD_SIZE + 4, events, true);
    this.#view.setInt16(index * POLLFD_SIZE + 6, 0, true);
  }
}
