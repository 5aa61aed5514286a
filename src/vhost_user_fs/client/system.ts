/**
 * System calls of the front end's side, which must succeed.
 *
 * @module
 */
import {
  AF_UNIX,
  EFD_CLOEXEC,
  F_SETFD,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_NONBLOCK,
  SOCK_STREAM,
} from "../../../ffi/constants.ts";
import { EAGAIN, errnoName } from "../../../ffi/errno.ts";
import { type Libc, openLibc } from "../../../ffi/libc.ts";
import { cString } from "../../../ffi/memory.ts";
import { unixAddress } from "../../../ffi/unix_address.ts";
import { CLIENT_SYMBOLS } from "./symbols.ts";

/** The back end did not answer as the protocol says, or no longer answers. */
export class BackEndError extends Error {
  override name = "BackEndError";
}

const MFD_CLOEXEC = 1;
const POLLFD_SIZE = 8;
const POLLIN = 1;
const SHUT_WR = 1;

/** libc of a front end; one for all of its parts. */
export class System implements Disposable {
  readonly libc: Libc<typeof CLIENT_SYMBOLS> = openLibc(CLIENT_SYMBOLS);
  readonly #polled = new Uint8Array(new ArrayBuffer(2 * POLLFD_SIZE));
  readonly #descriptors = new Int32Array(this.#polled.buffer);
  readonly #events = new Uint16Array(this.#polled.buffer);
  readonly #word = new Uint8Array(new ArrayBuffer(8));
  readonly #one = new Uint8Array(new BigUint64Array([1n]).buffer);

  /** A file of `size` bytes that is memory. The caller closes it. */
  memfd(size: number): number {
    const fd = this.must(
      "make memory",
      this.libc.symbols.memfd_create(cString("guest"), MFD_CLOEXEC),
    );
    this.must("size memory", this.libc.symbols.ftruncate(fd, BigInt(size)));
    return fd;
  }

  /** An eventfd that does not wait. */
  eventfd(): number {
    return this.must(
      "make an eventfd",
      this.libc.symbols.eventfd(0, EFD_CLOEXEC | O_NONBLOCK),
    );
  }

  /** Both ends of a pipe: what comes out, what goes in. */
  pipe(): [number, number] {
    const fds = new Int32Array(2);
    this.must("make a pipe", this.libc.symbols.pipe2(fds, O_CLOEXEC));
    return [fds[0]!, fds[1]!];
  }

  /** Both ends of a stream; the second one is inherited by child processes. */
  socketpair(): [ours: number, theirs: number] {
    const fds = new Int32Array(2);
    this.must(
      "make a socket pair",
      this.libc.symbols.socketpair(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0, fds),
    );
    this.inherit(fds[1]!, true);
    return [fds[0]!, fds[1]!];
  }

  /** A socket that listens at `path`; not inherited. */
  listen(path: string): number {
    const fd = this.#socket();
    const address = unixAddress(path);
    this.must("bind", this.libc.symbols.bind(fd, address, address.length));
    this.must("listen", this.libc.symbols.listen(fd, 1));
    return fd;
  }

  /** A stream to who listens at `path`. */
  connect(path: string): number {
    const fd = this.#socket();
    const address = unixAddress(path);
    this.must(
      `connect to ${path}`,
      this.libc.symbols.connect(fd, address, address.length),
    );
    return fd;
  }

  /** Whether child processes get `fd`. */
  inherit(fd: number, inherited: boolean): void {
    this.libc.symbols.fcntl(fd, F_SETFD, inherited ? 0 : FD_CLOEXEC);
  }

  /** Nothing more will be sent through the stream `fd`. */
  finish(fd: number): void {
    this.libc.symbols.shutdown(fd, SHUT_WR);
  }

  /** Adds 1 to an eventfd. */
  signal(fd: number): void {
    this.must("signal", this.libc.symbols.write(fd, this.#one, 8n));
  }

  /** Takes what an eventfd holds: whether it was signalled since. */
  take(fd: number): boolean {
    return this.libc.symbols.read(fd, this.#word, 8n) === 8;
  }

  /**
   * Waits until `fd` can be read, or `other` (a negative one is ignored).
   * Returns bit 0 for the first, bit 1 for the second, 0 when time is up.
   */
  wait(fd: number, other: number, milliseconds: number): number {
    this.#descriptors[0] = fd;
    this.#descriptors[2] = other;
    this.#events[2] = this.#events[6] = POLLIN;
    this.#events[3] = this.#events[7] = 0;
    this.libc.symbols.poll(this.#polled, 2n, milliseconds);
    return (this.#events[3] ? 1 : 0) | (this.#events[7] ? 2 : 0);
  }

  close(...fds: number[]): void {
    for (const fd of fds) if (fd >= 0) this.libc.symbols.close(fd);
  }

  must(what: string, result: number): number {
    if (result >= 0) return result;
    const errno = this.libc.errno();
    throw new BackEndError(
      `Cannot ${what}: ${
        errno === EAGAIN ? "no answer in time" : errnoName(errno)
      }`,
    );
  }

  [Symbol.dispose](): void {
    this.libc.close();
  }

  #socket(): number {
    return this.must(
      "make a socket",
      this.libc.symbols.socket(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0),
    );
  }
}
