/**
 * Two connected sockets, one for the helper and one for QEMU.
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
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";

const SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int socketpair(int domain, int type, int protocol, int fds[2])
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  // int fcntl(int fd, int cmd, int arg)
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Two connected stream sockets that no child process has yet. */
export class SocketPair implements Disposable {
  readonly #libc: Libc<typeof SYMBOLS> = openLibc(SYMBOLS);
  readonly #ends = new Int32Array(2);
  readonly #kept = new Set<number>();

  constructor() {
    const made = this.#libc.symbols.socketpair(
      AF_UNIX,
      SOCK_STREAM | O_CLOEXEC,
      0,
      this.#ends,
    );
    if (made < 0) {
      const reason = errnoName(this.#libc.errno());
      this.#libc.close();
      throw new Error(`Cannot make a socket pair: ${reason}`);
    }
    this.#ends.forEach((fd) => this.#kept.add(fd));
  }

  /**
   * Gives one end away: `start` starts the child that inherits it, and this
   * process has it no longer.
   *
   * A child gets its own end only. With the other one as well, it would never
   * see its peer go.
   */
  give<T>(end: 0 | 1, start: (fd: number) => T): T {
    const fd = this.#ends[end]!;
    this.#libc.symbols.fcntl(fd, F_SETFD, 0);
    try {
      return start(fd);
    } finally {
      this.#close(fd);
    }
  }

  [Symbol.dispose](): void {
    this.#kept.forEach((fd) => this.#close(fd));
    this.#libc.close();
  }

  #close(fd: number): void {
    if (this.#kept.delete(fd)) this.#libc.symbols.close(fd);
  }
}
