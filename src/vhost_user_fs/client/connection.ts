/**
 * A vhost-user connection, as a VMM holds it: messages out, replies in, in
 * order. Synchronous, as QEMU's is.
 *
 * @module
 */
import {
  MSG_NOSIGNAL,
  SCM_RIGHTS,
  SOL_SOCKET,
} from "../../../ffi/constants.ts";
import {
  FLAG_NEED_REPLY,
  FLAG_REPLY,
  HEADER_SIZE,
  VERSION,
} from "./messages.ts";
import { BackEndError, type System } from "./system.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const MSG_CMSG_CLOEXEC = 0x40000000;
const MSGHDR_SIZE = 56;
const CMSG_HEADER_SIZE = 16;
const LARGEST = 4096;

/** What goes with a message besides its payload. */
export interface Extras {
  readonly fds?: readonly number[];
  /** Asks for an acknowledgement. */
  readonly needReply?: boolean;
  /** In place of the right ones, for tests. */
  readonly flags?: number;
  readonly size?: number;
}

/** One end of the control socket. */
export class Connection implements Disposable {
  readonly #system: System;
  readonly #message = new Uint8Array(new ArrayBuffer(MSGHDR_SIZE));
  readonly #words = new BigUint64Array(this.#message.buffer);
  readonly #vector = new BigUint64Array(new ArrayBuffer(16));
  readonly #control = new Uint8Array(new ArrayBuffer(4096));
  readonly #controlView = new DataView(this.#control.buffer);
  readonly #bytes = new Uint8Array(new ArrayBuffer(HEADER_SIZE + LARGEST));
  #fd: number;

  /** @param limit milliseconds after which a missing answer is an error */
  constructor(system: System, fd: number, readonly limit: number) {
    this.#system = system;
    this.#fd = fd;
  }

  get fd(): number {
    return this.#fd;
  }

  /** Sends a message and waits for nothing. */
  send(request: number, payload: Bytes = EMPTY, extras: Extras = {}): void {
    const { fds = [], needReply = false } = extras;
    const flags = extras.flags ?? (VERSION | (needReply ? FLAG_NEED_REPLY : 0));
    const bytes = new Uint8Array(new ArrayBuffer(HEADER_SIZE + payload.length));
    new Uint32Array(bytes.buffer, 0, 3).set([
      request,
      flags,
      extras.size ?? payload.length,
    ]);
    bytes.set(payload, HEADER_SIZE);
    this.sendBytes(bytes, fds);
  }

  /** Sends raw bytes, and descriptors with the first of them. */
  sendBytes(bytes: Bytes, fds: readonly number[] = []): void {
    const control = CMSG_HEADER_SIZE + 4 * fds.length;
    this.#controlView.setBigUint64(0, BigInt(control), true);
    this.#controlView.setInt32(8, SOL_SOCKET, true);
    this.#controlView.setInt32(12, SCM_RIGHTS, true);
    fds.forEach((fd, index) =>
      this.#controlView.setInt32(CMSG_HEADER_SIZE + 4 * index, fd, true)
    );
    this.#prepare(bytes, fds.length === 0 ? 0 : control + (control & 4));
    const sent = this.#system.must(
      "send a message",
      this.#system.libc.symbols.sendmsg(
        this.#fd,
        this.#message,
        MSG_NOSIGNAL,
      ),
    );
    if (sent !== bytes.length) throw new BackEndError("Cannot send: too much");
  }

  /** Sends a message that has a reply of its own, and returns its payload. */
  ask(request: number, payload: Bytes = EMPTY, extras: Extras = {}): Bytes {
    this.send(request, payload, extras);
    return this.receive(request);
  }

  /** The same where the reply is one word. */
  askWord(
    request: number,
    payload: Bytes = EMPTY,
    extras: Extras = {},
  ): bigint {
    return word(this.ask(request, payload, extras));
  }

  /** Sends a message that is acknowledged if that was asked for. Returns what the acknowledgement says: 0 for success. */
  acknowledged(
    request: number,
    payload: Bytes = EMPTY,
    fds: readonly number[] = [],
  ): bigint {
    return this.askWord(request, payload, { fds, needReply: true });
  }

  /** The payload of the reply to `request`, which must be the next thing that arrives. */
  receive(request: number): Bytes {
    this.#receive(0, HEADER_SIZE);
    const [type = 0, flags = 0, size = 0] = new Uint32Array(
      this.#bytes.buffer.slice(0, HEADER_SIZE),
    );
    if (type !== request || flags !== (VERSION | FLAG_REPLY)) {
      throw new BackEndError(
        `A reply of type ${type} with flags ${flags} came where one to ${request} was due`,
      );
    }
    if (size > LARGEST) throw new BackEndError(`A reply of ${size} bytes came`);
    this.#receive(HEADER_SIZE, size);
    return this.#bytes.slice(HEADER_SIZE, HEADER_SIZE + size);
  }

  /** Whether something arrives within `milliseconds`: bytes that nobody asked for, or the end. */
  hasInput(milliseconds: number): boolean {
    return this.#system.wait(this.#fd, -1, milliseconds) !== 0;
  }

  /** Whether the back end has closed its end, or does so within the limit. */
  ended(): boolean {
    if (!this.hasInput(this.limit)) return false;
    this.#prepare(this.#bytes.subarray(0, 1), 0);
    return this.#system.libc.symbols.recvmsg(this.#fd, this.#message, 0) <= 0;
  }

  close(): void {
    this.#system.close(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #receive(start: number, count: number): void {
    for (let at = start; at < start + count;) {
      if (!this.hasInput(this.limit)) {
        throw new BackEndError("Cannot receive a reply: no answer in time");
      }
      this.#prepare(this.#bytes.subarray(at, start + count), 0);
      const got = this.#system.must(
        "receive a reply",
        this.#system.libc.symbols.recvmsg(
          this.#fd,
          this.#message,
          MSG_CMSG_CLOEXEC,
        ),
      );
      if (got === 0) {
        throw new BackEndError(
          "Cannot receive a reply: the back end has closed",
        );
      }
      at += got;
    }
  }

  #prepare(bytes: Bytes, control: number): void {
    const { libc } = this.#system;
    this.#vector[0] = libc.addressOf(bytes);
    this.#vector[1] = BigInt(bytes.length);
    this.#words.set([
      0n,
      0n,
      libc.addressOf(this.#vector),
      1n,
      control === 0 ? 0n : libc.addressOf(this.#control),
      BigInt(control),
      0n,
    ]);
  }
}

const EMPTY: Bytes = new Uint8Array(0);

/** The one word of a payload. */
export function word(payload: Bytes): bigint {
  if (payload.length !== 8) {
    throw new BackEndError(`A word of ${payload.length} bytes came`);
  }
  return new DataView(payload.buffer).getBigUint64(0, true);
}
