/**
 * Two connected sockets, one for the helper and one for its client.
 *
 * @module
 */
import {
  AF_UNIX,
  F_SETFD,
  O_CLOEXEC,
  SOCK_STREAM,
} from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import { type Libc, openLibc } from "../../ffi/libc.ts";
import { DESCRIPTOR_SYMBOLS } from "../../ffi/symbols/descriptors.ts";
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";

export const SOCKET_PAIR_SYMBOLS = {
  ...MEMORY_SYMBOLS,
  ...DESCRIPTOR_SYMBOLS,
  // int socketpair(int domain, int type, int protocol, int fds[2])
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Two connected stream sockets that no child process inherits. */
export function socketPair(
  libc: Libc<typeof SOCKET_PAIR_SYMBOLS>,
): [number, number] {
  const ends = new Int32Array(2);
  const made = libc.symbols.socketpair(
    AF_UNIX,
    SOCK_STREAM | O_CLOEXEC,
    0,
    ends,
  );
  if (made < 0) {
    throw new Error(`Cannot make a socket pair: ${errnoName(libc.errno())}`);
  }
  return [ends[0]!, ends[1]!];
}

/**
 * Gives `fd` away: `start` starts the child that inherits it, and this process
 * has it no longer.
 */
export function giveAway<T>(
  libc: Libc<typeof SOCKET_PAIR_SYMBOLS>,
  fd: number,
  start: (fd: number) => T,
): T {
  libc.symbols.fcntl(fd, F_SETFD, 0);
  try {
    return start(fd);
  } finally {
    libc.symbols.close(fd);
  }
}

/**
 * Starts two children, each with one end of a socket pair. Neither gets both:
 * it would never see its peer go.
 */
export function connectChildren<A, B>(
  startFirst: (fd: number) => A,
  startSecond: (fd: number) => B,
): [A, B] {
  const libc = openLibc(SOCKET_PAIR_SYMBOLS);
  try {
    const [first, second] = socketPair(libc);
    let started: A;
    try {
      started = giveAway(libc, first, startFirst);
    } catch (error) {
      libc.symbols.close(second);
      throw error;
    }
    return [started, giveAway(libc, second, startSecond)];
  } finally {
    libc.close();
  }
}
