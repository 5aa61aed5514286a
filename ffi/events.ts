/**
 * Events between processes, eventfd(2): those of others, too.
 *
 * @module
 */
import {
  AT_FDCWD,
  EFD_CLOEXEC,
  F_GETFL,
  O_NONBLOCK,
  POLLOUT,
  S_IFMT,
} from "./constants.ts";
import type { GuestMemoryCalls } from "./guest_memory.ts";
import type { Libc } from "./libc.ts";
import { allocate, cString } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type {
  GUEST_MEMORY_SYMBOLS,
  GUEST_SETUP_SYMBOLS,
} from "./symbols/guest_memory.ts";
import type { IO_SYMBOLS } from "./symbols/io.ts";
import { thrower } from "./system_error.ts";

/** A passed event. */
export interface RemoteEvent {
  readonly fd: number;
  /** Whether a write to it can wait: until somebody reads it who may never. */
  readonly waits: boolean;
}

/** What {@linkcode eventCalls} returns. */
export type EventCalls = ReturnType<typeof eventCalls>;

/**
 * Binds the calls to `libc`.
 *
 * @throws {SystemError} where no event can be had
 */
export function eventCalls(
  libc: Libc<
    & typeof DESCRIPTOR_SYMBOLS
    & typeof GUEST_MEMORY_SYMBOLS
    & typeof GUEST_SETUP_SYMBOLS
    & typeof IO_SYMBOLS
  >,
  memory: Pick<GuestMemoryCalls, "facts">,
) {
  const c = libc.symbols;
  const one = allocate(libc, 8);
  one.words[0] = 1;
  const pollfd = new Int32Array(new ArrayBuffer(8));
  const link = new Uint8Array(new ArrayBuffer(64));
  const own = thrower(libc)("eventfd", c.eventfd(0, EFD_CLOEXEC));
  const kind = kindOf(own);
  c.close(own);

  return {
    /**
     * `fd` as an event, or undefined where it is none: a file of a FUSE file
     * system, say, can keep whoever writes to it or polls it for ever, and so
     * can a set of descriptors, epoll(7), that such a file is in.
     */
    remote(fd: number): RemoteEvent | undefined {
      if (kind === undefined || kindOf(fd) !== kind) return undefined;
      const flags = c.fcntl(fd, F_GETFL, 0);
      return { fd, waits: flags < 0 || (flags & O_NONBLOCK) === 0 };
    },

    /** Adds one to the event. Never waits: where that is not possible, it is signalled already. */
    signal({ fd, waits }: RemoteEvent): void {
      if (waits) {
        // Not made O_NONBLOCK: that would be so for the peer, too.
        pollfd[0] = fd;
        pollfd[1] = POLLOUT;
        if (c.poll_now(pollfd, 1n, 0) !== 1) return;
        if ((pollfd[1]! >>> 16 & POLLOUT) === 0) return;
      }
      c.write_event(fd, one.pointer, 8n);
    },

    close(fd: number): void {
      c.close(fd);
    },
  };

  /**
   * The kind of a descriptor: those without a file behind them are of a file
   * system of the kernel's own, and of no type. Which of them it is says its
   * magic link, `anon_inode:[eventfd]`, where the working directory is a
   * `/proc/self/fd`; elsewhere all of them are one kind.
   */
  function kindOf(fd: number): string | undefined {
    const facts = memory.facts(fd);
    if (typeof facts === "number") return undefined;
    return `${facts.device} ${facts.mode & S_IFMT} ${linkOf(fd)}`;
  }

  function linkOf(fd: number): string {
    const room = BigInt(link.length);
    const length = c.read_link_at(AT_FDCWD, cString(`${fd}`), link, room);
    return length < 0 ? "" : DECODER.decode(link.subarray(0, length));
  }
}

const DECODER = new TextDecoder();
