/**
 * The receiving end of datagrams: a syslog daemon, or a service manager.
 *
 * @module
 */
import {
  AF_UNIX,
  MSG_DONTWAIT,
  O_CLOEXEC,
  SO_RCVTIMEO,
  SOCK_DGRAM,
  SOL_SOCKET,
} from "../../ffi/constants.ts";
import { EAGAIN, errnoName } from "../../ffi/errno.ts";
import { openLibc } from "../../ffi/libc.ts";
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";
import { unixAddress } from "../../ffi/unix_address.ts";
import { HostError } from "./host.ts";
import { LIMIT_MS } from "./processes.ts";

const SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int socket(int domain, int type, int protocol)
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int bind(int fd, const struct sockaddr *address, socklen_t len)
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int connect(int fd, const struct sockaddr *address, socklen_t len)
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // ssize_t send(int fd, const void *buf, size_t len, int flags)
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  // ssize_t recv(int fd, void *buf, size_t len, int flags)
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  // int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  // int close(int fd)
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const LARGEST = 65536;

/** Datagrams that come to one address. */
export class Mailbox implements Disposable {
  readonly #libc = openLibc(SYMBOLS);
  readonly #address: Uint8Array<ArrayBuffer>;
  readonly #fd: number;
  #open = true;

  /** @param address a path, or an abstract name that begins with @ */
  constructor(address: string) {
    const { symbols } = this.#libc;
    this.#address = unixAddress(address);
    this.#fd = symbols.socket(AF_UNIX, SOCK_DGRAM | O_CLOEXEC, 0);
    symbols.setsockopt(
      this.#fd,
      SOL_SOCKET,
      SO_RCVTIMEO,
      new BigInt64Array([BigInt(LIMIT_MS / 1000), 0n]),
      16,
    );
    if (symbols.bind(this.#fd, this.#address, this.#address.length) < 0) {
      const reason = errnoName(this.#libc.errno());
      this.close();
      throw new HostError(`Cannot bind ${address}: ${reason}`);
    }
  }

  /** The next datagram, waited for. */
  receive(): Uint8Array<ArrayBuffer> {
    const bytes = this.#receive(0);
    if (bytes === undefined) throw new HostError("No datagram came");
    return bytes;
  }

  /** The next datagram as text. */
  receiveText(): string {
    return new TextDecoder("utf-8", { fatal: true }).decode(this.receive());
  }

  /** All that are there. */
  drain(): string[] {
    const texts: string[] = [];
    for (;;) {
      const bytes = this.#receive(MSG_DONTWAIT);
      if (bytes === undefined) return texts;
      texts.push(new TextDecoder().decode(bytes));
    }
  }

  /** Sends datagrams to itself until no more fit; returns how many did. */
  fill(): number {
    const { symbols } = this.#libc;
    const fd = symbols.socket(AF_UNIX, SOCK_DGRAM | O_CLOEXEC, 0);
    symbols.connect(fd, this.#address, this.#address.length);
    const bytes = new TextEncoder().encode("full");
    let count = 0;
    while (
      symbols.send(fd, bytes, BigInt(bytes.length), MSG_DONTWAIT) > 0
    ) count++;
    symbols.close(fd);
    return count;
  }

  /** Nobody receives there any more. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.symbols.close(this.#fd);
    this.#libc.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #receive(flags: number): Uint8Array<ArrayBuffer> | undefined {
    const bytes = new Uint8Array(LARGEST);
    const got = this.#libc.symbols.recv(
      this.#fd,
      bytes,
      BigInt(bytes.length),
      flags,
    );
    if (got >= 0) return bytes.slice(0, got);
    if (this.#libc.errno() === EAGAIN) return undefined;
    throw new HostError(`Cannot receive: ${errnoName(this.#libc.errno())}`);
  }
}
