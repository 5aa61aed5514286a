/**
 * Waits for a set of descriptors on another thread, so that the event loop
 * (signals) goes on and the process uses no CPU.
 *
 * @module
 */
import { EFD_CLOEXEC, POLLIN } from "../../ffi/constants.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { DESCRIPTOR_SYMBOLS } from "../../ffi/symbols/descriptors.ts";
import type { IO_SYMBOLS } from "../../ffi/symbols/io.ts";
import type { WAITING_SYMBOLS } from "../../ffi/symbols/waiting.ts";
import { thrower } from "../../ffi/system_error.ts";

type WaiterLibc = Libc<
  typeof DESCRIPTOR_SYMBOLS & typeof IO_SYMBOLS & typeof WAITING_SYMBOLS
>;

/**
 * `struct pollfd` as two 32-bit words: the descriptor; then the events that are
 * waited for, and in the upper half those that were found.
 */
const POLLFD_WORDS = 2;
const EVENTS_MASK = 0xffff, FOUND_SHIFT = 16;

/**
 * Called in a wait that has found `events` (POLLIN, POLLERR …). The wait ends
 * then, unless "go on" is returned.
 */
type OnReady = (events: number) => void | "go on";

/** A descriptor of the set. Changes count from the next wait on. */
export interface Watch extends Disposable {
  readonly fd: number;
  /** What is waited for: POLLIN, POLLOUT …; errors and hang-ups are in any case. */
  events: number;
  /** Takes it out of the set; `onReady` is not called any more. */
  remove(): void;
}

interface Entry extends Watch {
  readonly onReady: OnReady | undefined;
}

interface Timer {
  /** By performance.now(). */
  readonly due: number;
  readonly act: () => void;
}

/** The set, and the wait for it: one at a time. */
export class Waiter implements Disposable {
  /** Called before each wait: what it sets by {@linkcode after} counts for that already. */
  beforeWaiting: (() => void) | undefined;

  readonly #libc: WaiterLibc;
  readonly #event: number;
  #entries: readonly Entry[] = [];
  #timers: readonly Timer[] = [];
  /**
   * What poll(2) is called with. While a wait is under way the other thread
   * reads and writes it: only {@linkcode Waiter.#arrange} changes it, before
   * the next poll.
   */
  #pollfds = new Int32Array(new ArrayBuffer(0));
  /** Those that `#pollfds` was made of, in that order. */
  readonly #polled: Entry[] = [];
  #count = 0n;
  /** The same for a single descriptor. */
  readonly #pollfd = new Int32Array(new ArrayBuffer(4 * POLLFD_WORDS));

  /** @throws {SystemError} where no eventfd(2) can be had */
  constructor(libc: WaiterLibc) {
    this.#libc = libc;
    const must = thrower(libc);
    this.#event = must("eventfd", libc.symbols.eventfd(0, EFD_CLOEXEC));
    const counter = new Uint8Array(8);
    this.watch(this.#event, POLLIN, () => {
      libc.symbols.read(this.#event, counter, 8n);
    });
  }

  /** Adds `fd` to the set; without `onReady` it just ends a wait. */
  watch(fd: number, events: number, onReady?: OnReady): Watch {
    const remove = () => {
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
    const entry: Entry = {
      fd,
      events,
      onReady,
      remove,
      [Symbol.dispose]: remove,
    };
    this.#entries = [...this.#entries, entry];
    return entry;
  }

  /**
   * Calls `act` once, in the first wait that sees `milliseconds` gone by. That
   * ends no wait; one with a limit does not see it while it is under way.
   */
  after(milliseconds: number, act: () => void): void {
    const due = performance.now() + milliseconds;
    this.#timers = [...this.#timers, { due, act }];
  }

  /**
   * Resolves when a descriptor of the set is ready, when woken, or after
   * `milliseconds`; -1 waits for ever. It may resolve for nothing.
   */
  async wait(milliseconds: number): Promise<void> {
    this.beforeWaiting?.();
    for (;;) {
      const limit = this.#timers.length === 0
        ? milliseconds
        : this.#runTimers(milliseconds);
      this.#arrange();
      const ready = await this.#libc.symbols.poll(
        this.#pollfds,
        this.#count,
        limit,
      );
      const ends = ready !== 0 && (ready < 0 || this.#tell());
      if (ends || milliseconds >= 0) return;
    }
  }

  /** The same for one descriptor of the set, and deaf to all others and to {@linkcode wake}; calls nothing. */
  async waitOnlyFor(watch: Watch, milliseconds: number): Promise<void> {
    this.#put(this.#pollfd, 0, watch);
    await this.#libc.symbols.poll(this.#pollfd, 1n, milliseconds);
  }

  /** Lets the event loop turn once, about 20 µs. */
  turn(): Promise<void> {
    return this.wait(0);
  }

  /** Ends the wait that is under way, or else the next one, at once. */
  wake(): void {
    this.#libc.symbols.write(this.#event, new BigUint64Array([1n]), 8n);
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#event);
  }

  /** Calls what is due; returns how long to wait until more is. */
  #runTimers(milliseconds: number): number {
    const now = performance.now();
    const timers = this.#timers;
    this.#timers = timers.filter(({ due }) => due > now);
    for (const { due, act } of timers) if (due <= now) act();
    if (milliseconds >= 0 || this.#timers.length === 0) return milliseconds;
    const next = Math.min(...this.#timers.map(({ due }) => due));
    return Math.ceil(next - now);
  }

  /** Makes what poll(2) gets of what the set is now. */
  #arrange(): void {
    const entries = this.#entries, polled = this.#polled;
    if (polled.length !== entries.length) {
      polled.length = entries.length;
      this.#count = BigInt(entries.length);
      this.#pollfds = new Int32Array(
        new ArrayBuffer(4 * POLLFD_WORDS * entries.length),
      );
    }
    for (let i = 0; i < entries.length; i++) {
      polled[i] = entries[i]!;
      this.#put(this.#pollfds, i, entries[i]!);
    }
  }

  #put(pollfds: Int32Array, index: number, { fd, events }: Watch): void {
    pollfds[POLLFD_WORDS * index] = fd;
    pollfds[POLLFD_WORDS * index + 1] = events & EVENTS_MASK;
  }

  /** Calls those whose descriptors are ready; returns whether the wait ends. */
  #tell(): boolean {
    let ends = false;
    for (let i = 0; i < this.#polled.length; i++) {
      const found = this.#pollfds[POLLFD_WORDS * i + 1]! >>> FOUND_SHIFT;
      const entry = this.#polled[i]!;
      // It may have been removed since, by one that was called before it, say.
      if (found === 0 || !this.#entries.includes(entry)) continue;
      if (entry.onReady?.(found) !== "go on") ends = true;
    }
    return ends;
  }
}
