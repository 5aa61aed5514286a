/**
 * Receives requests and sends replies over a stream socket. It knows their sizes
 * and no more of them.
 *
 * @module
 */
import {
  EAGAIN,
  EIO,
  ENOBUFS,
  ENOMEM,
  ETOOMANYREFS,
  isDisconnected,
} from "../../ffi/errno.ts";
import { USUAL_SIZE } from "../../ffi/files.ts";
import { allocate, type Fixed } from "../../ffi/memory.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { SocketCalls } from "../../ffi/socket.ts";
import { HEADER_SIZE, MAX_PAYLOAD } from "./wire/protocol.ts";
import { REPLY_SIZE, ReplyWriter, VALUE_OFFSET } from "./wire/reply_writer.ts";

/** The size of the largest request. */
const BUFFER_SIZE = HEADER_SIZE + MAX_PAYLOAD;
const BUFFER_CAPACITY = BigInt(BUFFER_SIZE);

/** How many bytes are taken from the socket's queue at once: sizes up to that need no new BigInt. */
const TAKEN_SIZE = USUAL_SIZE;

/** How many calls in a row may fail with an errno that means neither "later" nor "the peer is gone". */
const MAX_UNEXPECTED = 100;

// What send() and flush() return.
/** The whole reply is sent. */
export const SENT = 0;
/** The socket is full: flush() has to be called when it can be written to. */
export const BLOCKED = 1;
/** The peer has closed. */
export const GONE = 2;

/** The connection to QEMU. */
export class Channel {
  /** Received bytes; those at `[start, end)` are not consumed yet. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  start = 0;
  end = 0;
  /** The reply, which a handler makes before it is sent. */
  readonly reply: ReplyWriter;

  readonly #sockets: SocketCalls;
  readonly #fd: number;
  readonly #view: DataView;
  readonly #bufferPointer: Deno.PointerObject;
  readonly #replyBytes: Uint8Array<ArrayBuffer>;
  readonly #replyPointer: Deno.PointerObject;
  /** Bytes that are taken from the queue are put here, and not used. */
  readonly #taken: Fixed;
  /** How many bytes of {@linkcode buffer} are still in the socket's queue. */
  #queued = 0;
  /** Errors in a row, see {@linkcode MAX_UNEXPECTED}. */
  #unexpected = 0;
  /** Bytes of the reply that the kernel has taken. */
  #sent = 0;

  constructor(
    libc: Libc<Deno.ForeignLibraryInterface>,
    sockets: SocketCalls,
    fd: number,
  ) {
    const buffer = allocate(libc, BUFFER_SIZE);
    const reply = allocate(libc, REPLY_SIZE);
    this.buffer = buffer.bytes;
    this.reply = new ReplyWriter(
      reply.bytes,
      reply.words,
      libc.pointerTo(reply.bytes.subarray(VALUE_OFFSET)),
    );
    this.#sockets = sockets;
    this.#fd = fd;
    this.#view = new DataView(buffer.bytes.buffer);
    this.#bufferPointer = buffer.pointer;
    this.#replyBytes = reply.bytes;
    this.#replyPointer = reply.pointer;
    this.#taken = allocate(libc, TAKEN_SIZE);
    sockets.setWordAddress(reply.bytes);
  }

  /** How many bytes are received and not consumed. */
  get waiting(): number {
    return this.end - this.start;
  }

  /** The type of the next request, whose header must have been received. */
  get type(): number {
    return this.#view.getUint32(this.start, true);
  }

  /** The size of the next request's payload. */
  get size(): number {
    return this.#view.getUint32(this.start + 4, true);
  }

  /** Consumes the first `count` bytes. */
  consume(count: number): void {
    this.start += count;
  }

  /**
   * Receives more. Returns how many bytes, 0 at the end of the stream, -EAGAIN if
   * none came within SO_RCVTIMEO, or another negative errno.
   */
  receive(): number {
    this.release();
    if (this.#queued > 0) return -EIO;
    if (this.start < this.end) return this.#received(this.#receiveMore());
    return this.#peeked(
      this.#sockets.peek(this.#fd, this.#bufferPointer, BUFFER_CAPACITY),
    );
  }

  /** The same without waiting. All that was received must have been consumed. */
  receiveNow(): number {
    this.release();
    if (this.#queued > 0) return -EIO;
    return this.#peeked(
      this.#sockets.peekNow(this.#fd, this.#bufferPointer, BUFFER_CAPACITY),
    );
  }

  /**
   * Takes from the socket's queue what was received, which was only peeked at
   * before (MSG_PEEK). To be called after the reply is sent: when bytes leave the
   * queue, the kernel wakes the peer, which may wait for room to send
   * (`unix_write_space()` of net/unix/af_unix.c). A peer that waits for its reply
   * would wake in vain; one that has its reply is awake anyway.
   */
  release(): void {
    while (this.#queued > 0) {
      const length = Math.min(this.#queued, TAKEN_SIZE);
      const taken = this.#sockets.take(this.#fd, this.#taken.pointer, length);
      // Unexpected, too: what stays queued makes receive() fail, so that nothing is served twice.
      if (taken <= 0) return;
      this.#queued -= taken;
    }
  }

  #peeked(got: number): number {
    this.start = 0;
    this.end = 0;
    if (got > 0) this.#queued = got;
    return this.#received(got);
  }

  #received(got: number): number {
    if (got < 0) return this.#tryAgain(got) ? -EAGAIN : got;
    this.#unexpected = 0;
    this.end += got;
    return got;
  }

  /** Receives the rest of a request: rare, as QEMU sends each with one call. */
  #receiveMore(): number {
    if (this.start > 0) {
      this.buffer.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    return this.#sockets.receiveInto(this.#fd, this.buffer.subarray(this.end));
  }

  /** Sends {@linkcode reply}. If BLOCKED, {@linkcode flush} has to be called until it is not. */
  send(): number {
    this.#sent = 0;
    if (this.reply.descriptor >= 0) return this.#sendDescriptor();
    const sent = this.#sockets.send(
      this.#fd,
      this.#replyPointer,
      this.reply.length,
    );
    if (sent === this.reply.length) return SENT;
    return this.#account(sent);
  }

  /** Goes on sending a reply that was BLOCKED. */
  flush(): number {
    if (this.reply.descriptor >= 0) return this.#sendDescriptor();
    const rest = this.#replyBytes.subarray(this.#sent, this.reply.length);
    return this.#account(this.#sockets.sendFrom(this.#fd, rest));
  }

  /** The descriptor goes with the first byte, so it is passed once, even if fewer than four are sent. */
  #sendDescriptor(): number {
    const descriptor = this.reply.descriptor;
    const sent = this.#sockets.sendDescriptor(this.#fd, descriptor);
    if (sent < 0 && !isRefusal(sent) && this.#tryAgain(sent)) return BLOCKED;
    this.#sockets.close(descriptor);
    this.reply.descriptor = -1;
    if (sent >= 0) return this.#account(sent);
    // The kernel passes no descriptor now, as with too many in flight: QEMU gets the errno instead.
    this.reply.passDescriptor(sent);
    return this.flush();
  }

  /** Whether to repeat a call that failed when the socket is ready. */
  #tryAgain(result: number): boolean {
    if (result === -EAGAIN) return true;
    return !isDisconnected(-result) && ++this.#unexpected < MAX_UNEXPECTED;
  }

  #account(sent: number): number {
    if (sent < 0) return this.#tryAgain(sent) ? BLOCKED : GONE;
    this.#unexpected = 0;
    this.#sent += sent;
    return this.#sent === this.reply.length ? SENT : BLOCKED;
  }
}

/** Whether the kernel refuses to pass a descriptor, for a reason that waiting does not end. */
function isRefusal(result: number): boolean {
  return result === -ETOOMANYREFS || result === -ENOMEM || result === -ENOBUFS;
}
