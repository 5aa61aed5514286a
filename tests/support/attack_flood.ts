/**
 * A client that asks and does not listen.
 *
 * @module
 */
import { MSG_DONTWAIT, MSG_NOSIGNAL } from "../../ffi/constants.ts";
import { EAGAIN, errnoName } from "../../ffi/errno.ts";
import { type Libc, openLibc } from "../../ffi/libc.ts";
import type { Connection } from "../../src/proxy/client/connection.ts";
import { ATTACK_SYMBOLS } from "./attack_symbols.ts";
import type { System } from "./system.ts";

/** How many looks in a row, a few milliseconds apart, have to show no change for both ends to be stuck. */
const STILL = 20;

/** The bytes of many requests, on their way. */
export class Flood implements Disposable {
  readonly #libc: Libc<typeof ATTACK_SYMBOLS> = openLibc(ATTACK_SYMBOLS);
  readonly #connection: Connection;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #sent = 0;

  /** @param request is sent `count` times */
  constructor(
    connection: Connection,
    request: Uint8Array<ArrayBuffer>,
    count: number,
  ) {
    this.#connection = connection;
    this.#bytes = new Uint8Array(request.length * count);
    for (let i = 0; i < count; i++) {
      this.#bytes.set(request, i * request.length);
    }
  }

  /** Sends what the socket takes; returns whether it took anything. */
  pour(): boolean {
    const before = this.#sent;
    while (this.#sent < this.#bytes.length) {
      const rest = this.#bytes.subarray(this.#sent);
      const sent = this.#libc.symbols.send(
        this.#connection.fd,
        rest,
        BigInt(rest.length),
        MSG_DONTWAIT | MSG_NOSIGNAL,
      );
      if (sent < 0) {
        const errno = this.#libc.errno();
        if (errno === EAGAIN) break;
        throw new Error(`Cannot flood the helper: ${errnoName(errno)}`);
      }
      this.#sent += sent;
    }
    return this.#sent > before;
  }

  /** Pours until the helper takes no more, as nobody reads its answers. */
  async stuff(system: System): Promise<void> {
    let answers = -1;
    for (let still = 0; still < STILL;) {
      const poured = this.pour();
      const readable = system.readable(this.#connection.fd);
      still = poured || readable !== answers ? 0 : still + 1;
      answers = readable;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  [Symbol.dispose](): void {
    this.#libc.close();
  }
}
