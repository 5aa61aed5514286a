/**
 * Messages in, replies out, over the control socket. Knows sizes, and that
 * descriptors come along; not what they mean.
 *
 * @module
 */
import { EAGAIN, EINTR, isDisconnected } from "../../../ffi/errno.ts";
import type { Libc } from "../../../ffi/libc.ts";
import { allocate, type Fixed } from "../../../ffi/memory.ts";
import type { PassedDescriptors } from "../../../ffi/passed_descriptors.ts";
import type { SocketCalls } from "../../../ffi/socket.ts";
import {
  HEADER_SIZE,
  MAX_DESCRIPTORS,
  MAX_PAYLOAD,
  NEED_REPLY,
  REPLY,
  VERSION,
  VERSION_MASK,
} from "./messages.ts";

/** How often in a row recvmsg(2) may fail with an errno that it does not have for a connection. */
const MAX_FAILURES = 100;

/** What {@linkcode Connection.receive} comes to. */
export type Received =
  /** A message is there: answer it, and {@linkcode Connection.finish}. */
  | "message"
  /** Nothing, or a part of one. */
  | "nothing"
  /** The peer is gone. */
  | "closed"
  /** The peer broke the protocol, see {@linkcode Connection.fault}. */
  | "violation";

/** The control connection to the front end. */
export class Connection implements Disposable {
  /** Of the message that was received. */
  readonly payload: DataView<ArrayBuffer>;
  /** Those that came with it. Whoever takes one over takes it out; the rest is closed. */
  readonly descriptors: number[] = [];
  /** Why it can't go on. */
  fault = "";

  readonly #sockets: SocketCalls;
  readonly #passed: PassedDescriptors;
  readonly #fd: number;
  /** The header, then the payload. */
  readonly #input: Fixed;
  readonly #output: Fixed;
  #received = 0;
  #failures = 0;

  constructor(
    libc: Libc<Deno.ForeignLibraryInterface>,
    sockets: SocketCalls,
    passed: PassedDescriptors,
    fd: number,
  ) {
    this.#sockets = sockets;
    this.#passed = passed;
    this.#fd = fd;
    this.#input = allocate(libc, HEADER_SIZE + MAX_PAYLOAD);
    this.#output = allocate(libc, HEADER_SIZE + MAX_PAYLOAD);
    this.payload = new DataView(this.#input.bytes.buffer, HEADER_SIZE);
  }

  get request(): number {
    return this.#input.words[0]!;
  }

  /** Of the payload. */
  get size(): number {
    return this.#input.words[2]!;
  }

  get needsReply(): boolean {
    return (this.#input.words[1]! & NEED_REPLY) !== 0;
  }

  /** Whether a message has come in part. */
  get inPart(): boolean {
    return this.#received > 0;
  }

  /** Receives until a message is whole or there is nothing more; does not wait. */
  receive(): Received {
    for (;;) {
      const wanted = this.#wanted();
      if (wanted < 0) return "violation";
      if (this.#received === wanted) return "message";
      const got = this.#passed.receive(
        this.#fd,
        this.#input,
        this.#received,
        wanted - this.#received,
        this.descriptors,
      );
      if (got < 0) return this.#failed(-got);
      this.#failures = 0;
      if (this.#passed.truncated) return this.#violation("lost descriptors");
      if (this.descriptors.length > MAX_DESCRIPTORS) {
        return this.#violation("too many descriptors");
      }
      if (got === 0) return "closed";
      this.#received += got;
    }
  }

  /** The message was carried out: closes the descriptors that are left. */
  finish(): void {
    this.#received = 0;
    this.closeDescriptors();
  }

  closeDescriptors(): void {
    for (const fd of this.descriptors.splice(0)) this.#passed.close(fd);
  }

  /** Answers the message with a u64. Returns false where the peer doesn't take it. */
  replyValue(value: bigint): boolean {
    new DataView(this.#output.bytes.buffer).setBigUint64(
      HEADER_SIZE,
      value,
      true,
    );
    return this.#reply(8);
  }

  /** With `struct vhost_vring_state`. */
  replyState(index: number, value: number): boolean {
    this.#output.words[HEADER_SIZE / 4] = index;
    this.#output.words[HEADER_SIZE / 4 + 1] = value;
    return this.#reply(8);
  }

  /** With nothing. */
  replyEmpty(): boolean {
    return this.#reply(0);
  }

  /** With its own payload, which may have been changed. */
  replySame(): boolean {
    const { size } = this;
    const { bytes } = this.#input;
    this.#output.bytes.set(
      bytes.subarray(HEADER_SIZE, HEADER_SIZE + size),
      HEADER_SIZE,
    );
    return this.#reply(size);
  }

  [Symbol.dispose](): void {
    this.closeDescriptors();
  }

  /** How many bytes to have before the next look at them, or -1 where it is no message. */
  #wanted(): number {
    if (this.#received < HEADER_SIZE) return HEADER_SIZE;
    const flags = this.#input.words[1]!;
    if ((flags & VERSION_MASK) !== VERSION || (flags & REPLY) !== 0) {
      this.fault = `flags ${flags}`;
      return -1;
    }
    if (this.size > MAX_PAYLOAD) {
      this.fault = `a message of ${this.size} bytes`;
      return -1;
    }
    return HEADER_SIZE + this.size;
  }

  #failed(errno: number): Received {
    if (errno === EAGAIN || errno === EINTR) return "nothing";
    return isDisconnected(errno) || ++this.#failures > MAX_FAILURES
      ? "closed"
      : "nothing";
  }

  #violation(fault: string): Received {
    this.fault = fault;
    return "violation";
  }

  #reply(size: number): boolean {
    const { words, pointer } = this.#output;
    words[0] = this.request;
    words[1] = VERSION | REPLY;
    words[2] = size;
    // Whoever does not read so few bytes is not waiting for them.
    const length = HEADER_SIZE + size;
    return this.#sockets.send(this.#fd, pointer, length) === length;
  }
}
