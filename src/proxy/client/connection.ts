/**
 * QEMU's end of the socket: sends whole requests, receives whole replies, and
 * descriptors by `SCM_RIGHTS`, unix(7). Every call blocks, as the protocol has
 * only one request under way at a time.
 *
 * @module
 */
import {
  AF_UNIX,
  F_SETFD,
  MSG_NOSIGNAL,
  O_CLOEXEC,
  SCM_RIGHTS,
  SO_RCVTIMEO,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../../ffi/constants.ts";
import { EAGAIN, errnoName } from "../../../ffi/errno.ts";
import { unixAddress } from "../../../ffi/unix_address.ts";
import { type Libc, openLibc } from "../../../ffi/libc.ts";
import { HEADER_SIZE, MAX_PAYLOAD } from "../wire/protocol.ts";
import { PEER_SYMBOLS } from "./peer_symbols.ts";

/** The helper broke the protocol, has ended, or did not answer in time. */
export class ConnectionError extends Error {
  /** As in `ConnectionError: …`. */
  override name = "ConnectionError";
}

/** A reply with a header. */
export interface Frame {
  /** 0 for success, 1 for an error. */
  readonly type: number;
  /** What follows the header; for an error, a negative errno as i32. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** The answer to OPEN or CREATE. */
export interface Word {
  /** `DESCRIPTOR_FOLLOWS`, or a negative errno. */
  readonly value: number;
  /** What came with it: one descriptor, or none. */
  readonly descriptors: readonly number[];
}

// struct msghdr, struct iovec and struct cmsghdr on 64-bit Linux.
const MSGHDR_SIZE = 56;
const CMSG_HEADER_SIZE = 16;
/** Room for more than the one descriptor that may come, to notice if more come. */
const CONTROL_SIZE = 64;
/** linux/socket.h: descriptors are received close-on-exec. */
const MSG_CMSG_CLOEXEC = 0x40000000;
const SHUT_WR = 1;

/** A connection to a helper: over a socket pair, or a named socket. */
export class Connection implements Disposable {
  readonly #libc: Libc<typeof PEER_SYMBOLS>;
  readonly #fd: number;
  readonly #bytes = new Uint8Array(new ArrayBuffer(HEADER_SIZE + MAX_PAYLOAD));
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #control = new Uint8Array(new ArrayBuffer(CONTROL_SIZE));
  readonly #message = new Uint8Array(new ArrayBuffer(MSGHDR_SIZE));
  readonly #vector = new BigUint64Array(2);
  #open = true;

  private constructor(
    libc: Libc<typeof PEER_SYMBOLS>,
    fd: number,
    seconds: number,
  ) {
    this.#libc = libc;
    this.#fd = fd;
    libc.symbols.setsockopt(
      fd,
      SOL_SOCKET,
      SO_RCVTIMEO,
      new BigInt64Array([BigInt(seconds), 0n]),
      16,
    );
    this.#vector[0] = libc.addressOf(this.#bytes);
    this.#vector[1] = 4n;
  }

  /**
   * Makes a socket pair. Returns a connection over one end, and the descriptor
   * of the other, which child processes inherit; close it with {@linkcode
   * Connection.closeDescriptor} once the helper has started.
   *
   * @param seconds how long to wait for an answer before it is an error
   */
  static pair(seconds = 20): { connection: Connection; fd: number } {
    const libc = openLibc(PEER_SYMBOLS);
    const fds = new Int32Array(2);
    const made = libc.symbols.socketpair(
      AF_UNIX,
      SOCK_STREAM | O_CLOEXEC,
      0,
      fds,
    );
    if (made < 0) {
      throw new ConnectionError(
        `Cannot make a socket pair: ${errnoName(libc.errno())}`,
      );
    }
    const [ours = -1, theirs = -1] = fds;
    libc.symbols.fcntl(theirs, F_SETFD, 0);
    return { connection: new Connection(libc, ours, seconds), fd: theirs };
  }

  /**
   * Connects to a helper that listens on a named socket.
   *
   * @throws {ConnectionError} where nobody listens there, or we may not connect
   */
  static connect(path: string, seconds = 20): Connection {
    const libc = openLibc(PEER_SYMBOLS);
    const fd = libc.symbols.socket(AF_UNIX, SOCK_STREAM | O_CLOEXEC, 0);
    const address = unixAddress(path);
    if (fd >= 0 && libc.symbols.connect(fd, address, address.length) === 0) {
      return new Connection(libc, fd, seconds);
    }
    const reason = errnoName(libc.errno());
    if (fd >= 0) libc.symbols.close(fd);
    libc.close();
    throw new ConnectionError(`Cannot connect to ${path}: ${reason}`);
  }

  /** The descriptor of this end. */
  get fd(): number {
    return this.#fd;
  }

  /** Sends `bytes`, all of them. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at);
      const sent = this.#libc.symbols.send(
        this.#fd,
        part,
        BigInt(part.length),
        MSG_NOSIGNAL,
      );
      if (sent < 0) throw this.#failure("send a request");
      at += sent;
    }
  }

  /** Receives a reply that has a header. */
  receiveFrame(): Frame {
    this.#receive(0, HEADER_SIZE);
    const type = this.#view.getUint32(0, true);
    const size = this.#view.getUint32(4, true);
    if (size > MAX_PAYLOAD) {
      throw new ConnectionError(
        `Cannot take a reply of ${size} bytes: at most ${MAX_PAYLOAD}`,
      );
    }
    this.#receive(HEADER_SIZE, size);
    return {
      type,
      payload: this.#bytes.slice(HEADER_SIZE, HEADER_SIZE + size),
    };
  }

  /** Receives the answer to OPEN or CREATE. The descriptors are the caller's to close. */
  receiveWord(): Word {
    const words = new BigUint64Array(this.#message.buffer);
    words.set([
      0n,
      0n,
      this.#libc.addressOf(this.#vector),
      1n,
      this.#libc.addressOf(this.#control),
      BigInt(CONTROL_SIZE),
      0n,
    ]);
    const got = this.#libc.symbols.recvmsg(
      this.#fd,
      this.#message,
      MSG_CMSG_CLOEXEC,
    );
    if (got < 0) throw this.#failure("receive a descriptor");
    if (got === 0) {
      throw new ConnectionError(
        "Cannot receive a descriptor: the helper has closed",
      );
    }
    if (got < 4) this.#receive(got, 4 - got);
    return {
      value: this.#view.getInt32(0, true),
      descriptors: this.#descriptors(Number(words[5])),
    };
  }

  /** Receives up to `size` raw bytes; none at the end of the stream. */
  receiveSome(size: number): Uint8Array<ArrayBuffer> {
    const got = this.#libc.symbols.recv(this.#fd, this.#bytes, BigInt(size), 0);
    if (got < 0) throw this.#failure("receive");
    return this.#bytes.slice(0, got);
  }

  /** Closes a descriptor of this process. */
  closeDescriptor(fd: number): void {
    this.#libc.symbols.close(fd);
  }

  /** Ends the stream of requests, shutdown(2); answers can still be received. */
  finish(): void {
    this.#libc.symbols.shutdown(this.#fd, SHUT_WR);
  }

  /** Closes this end; may be called more than once. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.symbols.close(this.#fd);
    this.#libc.close();
  }

  /** The same as {@linkcode Connection.close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  #receive(start: number, count: number): void {
    for (let at = start; at < start + count;) {
      const part = this.#bytes.subarray(at, start + count);
      const got = this.#libc.symbols.recv(
        this.#fd,
        part,
        BigInt(part.length),
        0,
      );
      if (got < 0) throw this.#failure("receive a reply");
      if (got === 0) {
        throw new ConnectionError(
          "Cannot receive a reply: the helper has closed",
        );
      }
      at += got;
    }
  }

  #descriptors(controlLength: number): number[] {
    const view = new DataView(this.#control.buffer);
    if (controlLength < CMSG_HEADER_SIZE) return [];
    const length = Number(view.getBigUint64(0, true));
    if (
      view.getInt32(8, true) !== SOL_SOCKET ||
      view.getInt32(12, true) !== SCM_RIGHTS
    ) return [];
    const found: number[] = [];
    for (let at = CMSG_HEADER_SIZE; at + 4 <= length; at += 4) {
      found.push(view.getInt32(at, true));
    }
    return found;
  }

  #failure(what: string): ConnectionError {
    const errno = this.#libc.errno();
    return new ConnectionError(
      errno === EAGAIN
        ? `Cannot ${what}: the helper did not answer in time`
        : `Cannot ${what}: ${errnoName(errno)}`,
    );
  }
}
