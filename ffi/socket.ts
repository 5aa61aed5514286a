/**
 * Connected stream sockets, and what an inherited descriptor is.
 *
 * @module
 */
import {
  F_GETFD,
  F_GETFL,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_PEEK,
  O_NONBLOCK,
  SCM_RIGHTS,
  SO_PEERCRED,
  SO_RCVTIMEO,
  SOL_SOCKET,
} from "./constants.ts";
import { NO_ID } from "./credentials.ts";
import { sizeT } from "./files.ts";
import type { Libc } from "./libc.ts";
import { allocate } from "./memory.ts";
import type { CONNECTION_SYMBOLS } from "./symbols/connections.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { SOCKET_SYMBOLS } from "./symbols/sockets.ts";
import { thrower } from "./system_error.ts";
import { checker } from "./results.ts";

/** `struct cmsghdr` and one descriptor, padded: CMSG_SPACE(sizeof(int)). */
const CONTROL_SIZE = 24;
/** CMSG_LEN(sizeof(int)). */
const CONTROL_LENGTH = 20;
/** The descriptor within it, in words. */
const CONTROL_DESCRIPTOR = 4;
/** `struct msghdr` on 64-bit Linux. */
const MSGHDR_SIZE = 56;

/** Never SIGPIPE; never wait for a peer that does not read. */
const SEND_FLAGS = MSG_NOSIGNAL | MSG_DONTWAIT;

/** Results are counts, or negative errnos. */
export type SocketCalls = ReturnType<typeof socketCalls>;

export function socketCalls(
  libc: Libc<
    & typeof CONNECTION_SYMBOLS
    & typeof DESCRIPTOR_SYMBOLS
    & typeof SOCKET_SYMBOLS
  >,
) {
  const c = libc.symbols;
  const must = thrower(libc);
  const control = allocate(libc, CONTROL_SIZE);
  const message = allocate(libc, MSGHDR_SIZE);
  const vector = new BigUint64Array(new ArrayBuffer(16));
  const check = checker(libc);

  // struct cmsghdr: len, level, type
  control.words.set([CONTROL_LENGTH, 0, SOL_SOCKET, SCM_RIGHTS]);
  // struct msghdr: name, namelen, iov, iovlen, control, controllen, flags
  new BigUint64Array(message.bytes.buffer).set([
    0n,
    0n,
    libc.addressOf(vector),
    1n,
    libc.addressOf(control.bytes),
    BigInt(CONTROL_SIZE),
    0n,
  ]);

  /** @param blocking O_NONBLOCK, or 0 */
  function own(fd: number, blocking: number): void {
    must("fcntl", c.fcntl(fd, F_SETFD, FD_CLOEXEC));
    const flags = must("fcntl", c.fcntl(fd, F_GETFL, 0)) & ~O_NONBLOCK;
    must("fcntl", c.fcntl(fd, F_SETFL, flags | blocking));
  }

  return {
    /**
     * Copies what has come in, and leaves it in the queue. Waits for as long as
     * {@linkcode prepare} has set; 0 at the end of the stream.
     */
    peek: (fd: number, into: Deno.PointerObject, capacity: bigint): number =>
      check(c.recv(fd, into, capacity, MSG_PEEK)),

    /** The same, but does not wait. */
    peekNow: (fd: number, into: Deno.PointerObject, capacity: bigint): number =>
      check(c.recv(fd, into, capacity, MSG_PEEK | MSG_DONTWAIT)),

    /** Takes from the queue what lies there, `length` bytes at most. */
    take: (fd: number, into: Deno.PointerObject, length: number): number =>
      check(c.recv(fd, into, sizeT(length), MSG_DONTWAIT)),

    /** Receives into a view, and waits for it as {@linkcode peek} does. */
    receiveInto: (fd: number, into: Uint8Array<ArrayBuffer>): number =>
      check(c.recv_into(fd, into, BigInt(into.length), 0)),

    send: (fd: number, from: Deno.PointerObject, length: number): number =>
      check(c.send(fd, from, sizeT(length), SEND_FLAGS)),

    /** The same, from a view. */
    sendFrom: (fd: number, from: Uint8Array<ArrayBuffer>): number =>
      check(c.send_from(fd, from, BigInt(from.length), SEND_FLAGS)),

    /** Sets where {@linkcode sendDescriptor} takes its 4 bytes from. */
    setWordAddress(bytes: Uint8Array<ArrayBuffer>): void {
      vector[0] = libc.addressOf(bytes);
      vector[1] = 4n;
    },

    /** Sends these 4 bytes and passes `descriptor` with them. */
    sendDescriptor(fd: number, descriptor: number): number {
      control.words[CONTROL_DESCRIPTOR] = descriptor;
      return check(c.sendmsg(fd, message.pointer, SEND_FLAGS));
    },

    close: (fd: number): void => {
      c.close(fd);
    },

    /** Whether `fd` was inherited: open, and not one that this process made for itself. */
    isInherited(fd: number): boolean {
      const flags = c.fcntl(fd, F_GETFD, 0);
      return flags >= 0 && (flags & FD_CLOEXEC) === 0;
    },

    /** Whether a Unix stream socket has, or had, a peer: without there are no credentials of one, unix(7). */
    isConnected(fd: number): boolean {
      const credentials = new Uint32Array(3);
      const length = new Uint32Array([12]);
      const option = SO_PEERCRED;
      return c.getsockopt(fd, SOL_SOCKET, option, credentials, length) === 0 &&
        credentials[1] !== NO_ID;
    },

    /** An integer socket option, or a negative errno: -ENOTSOCK for what is no socket. */
    option(fd: number, name: number): number {
      const value = new Int32Array(1);
      const length = new Uint32Array([4]);
      const result = check(c.getsockopt(fd, SOL_SOCKET, name, value, length));
      return result < 0 ? result : value[0]!;
    },

    /**
     * Makes a listening `fd` ours: not inherited further, accepting without waiting.
     *
     * @throws {SystemError}
     */
    prepareListener: (fd: number): void => own(fd, O_NONBLOCK),

    /**
     * Makes `fd` ours: not inherited further, and a receive that finds nothing
     * gives up with EAGAIN after `milliseconds` (in jiffies, 1 to 10 ms each).
     *
     * @throws {SystemError}
     */
    prepare(fd: number, milliseconds: number): void {
      own(fd, 0);
      const time = new BigInt64Array([0n, BigInt(milliseconds * 1000)]);
      must(
        "setsockopt",
        c.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, time, time.byteLength),
      );
    },
  };
}
