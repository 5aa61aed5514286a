/**
 * Datagrams to a Unix socket of the host: syslog, and the service manager.
 *
 * @module
 */
import {
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from "./constants.ts";
import type { Libc } from "./libc.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { SOCKET_SYMBOLS } from "./symbols/sockets.ts";
import { thrower } from "./system_error.ts";
import { unixAddress } from "./unix_address.ts";

/** A connected datagram socket. */
export class Datagrams implements Disposable {
  readonly #libc: Libc<typeof DESCRIPTOR_SYMBOLS & typeof SOCKET_SYMBOLS>;
  readonly #fd: number;

  /**
   * Connects to a path, or to an abstract name where `address` begins with @.
   *
   * @throws {SystemError} where nobody listens there
   */
  constructor(
    libc: Libc<typeof DESCRIPTOR_SYMBOLS & typeof SOCKET_SYMBOLS>,
    address: string,
  ) {
    this.#libc = libc;
    const bytes = unixAddress(address);
    const must = thrower(libc), c = libc.symbols;
    this.#fd = must("socket", c.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    try {
      must(`connect ${address}`, c.connect(this.#fd, bytes, bytes.length));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Sends one datagram, or drops it where the other end is full or gone: never waits. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#libc.symbols.send_from(
      this.#fd,
      bytes,
      BigInt(bytes.length),
      MSG_DONTWAIT | MSG_NOSIGNAL,
    );
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#fd);
  }
}
