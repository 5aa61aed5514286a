/**
 * A set of descriptors that is waited for on this thread, epoll(7). The set is
 * a descriptor itself: it can be waited for on another thread as well.
 *
 * @module
 */
import { O_CLOEXEC } from "./constants.ts";
import type { Libc } from "./libc.ts";
import { allocate } from "./memory.ts";
import { checker, type Done, type Errno, failed } from "./results.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type {
  GUEST_MEMORY_SYMBOLS,
  GUEST_SETUP_SYMBOLS,
} from "./symbols/guest_memory.ts";
import { thrower } from "./system_error.ts";

/** epoll_ctl(2). */
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
/** Tells of each event once, whether or not the descriptor is read: 1 << 31. */
const EPOLLET = 0x8000_0000;

/** `struct epoll_event` is packed on x86_64 alone: in 32-bit words, and where its data are. */
const arm = Deno.build.arch === "aarch64";
const EVENT_WORDS = arm ? 4 : 3;
const DATA = arm ? 2 : 1;
/** Events taken in one go; more are taken in the next. */
const EVENTS = 16;

/** The set. */
export class Epoll implements Disposable {
  /** Of the set; readable when something in it is. */
  readonly fd: number;
  readonly #libc: Libc<
    & typeof DESCRIPTOR_SYMBOLS
    & typeof GUEST_MEMORY_SYMBOLS
    & typeof GUEST_SETUP_SYMBOLS
  >;
  readonly #events: ReturnType<typeof allocate>;
  readonly #event: ReturnType<typeof allocate>;
  readonly #check: ReturnType<typeof checker>;

  /** @throws {SystemError} */
  constructor(
    libc: Libc<
      & typeof DESCRIPTOR_SYMBOLS
      & typeof GUEST_MEMORY_SYMBOLS
      & typeof GUEST_SETUP_SYMBOLS
    >,
  ) {
    this.#libc = libc;
    this.#events = allocate(libc, 4 * EVENT_WORDS * EVENTS);
    this.#event = allocate(libc, 4 * EVENT_WORDS);
    this.#check = checker(libc);
    this.fd = thrower(libc)(
      "epoll_create1",
      libc.symbols.epoll_create1(O_CLOEXEC),
    );
  }

  /** Adds `fd`: `name` tells of it as long as it is readable. */
  add(fd: number, name: number): Done | Errno {
    return this.#add(fd, name, EPOLLIN);
  }

  /** Adds `fd`: `name` tells of each event on it once. */
  addEdges(fd: number, name: number): Done | Errno {
    return this.#add(fd, name, EPOLLIN | EPOLLET);
  }

  /** Takes `fd` out: to close it is not enough while others have it, too. */
  remove(fd: number): void {
    const event = this.#event.pointer;
    this.#libc.symbols.epoll_ctl(this.fd, EPOLL_CTL_DEL, fd, event);
  }

  /**
   * Waits for `milliseconds` at most. Returns the number of events, 0 where
   * there were none: see {@linkcode includes}.
   */
  wait(milliseconds: number): number {
    const events = this.#events.pointer;
    const found = this.#libc.symbols.epoll_wait(
      this.fd,
      events,
      EVENTS,
      milliseconds,
    );
    // A signal for the runtime, say. Whoever waits does so again.
    return found < 0 ? 0 : found;
  }

  /** Whether `name` is among the first `count` of the events that were found last. */
  includes(name: number, count: number): boolean {
    const words = this.#events.words;
    for (let i = 0; i < count; i++) {
      if (words[EVENT_WORDS * i + DATA] === name) return true;
    }
    return false;
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.fd);
  }

  #add(fd: number, name: number, events: number): Done | Errno {
    const words = this.#event.words;
    words.fill(0);
    words[0] = events;
    words[DATA] = name;
    const event = this.#event.pointer;
    const result = this.#check(
      this.#libc.symbols.epoll_ctl(this.fd, EPOLL_CTL_ADD, fd, event),
    );
    return failed(result) ? result : 0;
  }
}
