/**
 * Frames in, replies out, over one stream socket. Knows sizes, not meanings.
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

/** The largest frame. */
const WINDOW_SIZE = HEADER_SIZE + MAX_PAYLOAD;
const WINDOW_CAPACITY = BigInt(WINDOW_SIZE);

/** How much is taken from the queue in one go: any size of that is made without garbage. */
const SCRAP_SIZE = USUAL_SIZE;

/** How often a call is repeated whose errno makes no sense. */
const PATIENCE = 100;

/** What {@linkcode Channel.send} and {@linkcode Channel.flush} come to. */
export const SENT = 0;
/** The peer does not read fast enough: flush when it does. */
export const BLOCKED = 1;
/** The peer is gone. */
export const GONE = 2;

/** The connection to QEMU. */
export class Channel {
  /** Received bytes; those of `[start, end)` are not consumed yet. */
  readonly window: Uint8Array<ArrayBuffer>;
  start = 0;
  end = 0;
  /** The reply that is built, then sent. */
  readonly reply: ReplyWriter;

  readonly #sockets: SocketCalls;
  readonly #fd: number;
  readonly #view: DataView;
  readonly #windowPointer: Deno.PointerObject;
  readonly #replyBytes: Uint8Array<ArrayBuffer>;
  readonly #replyPointer: Deno.PointerObject;
  readonly #scrap: Fixed;
  /** Bytes of {@linkcode window} that are in the kernel's queue as well. */
  #queued = 0;
  /** Errors in a row that say neither "later" nor "gone". */
  #strange = 0;
  /** Bytes of the reply that the kernel has taken. */
  #sent = 0;

  constructor(
    libc: Libc<Deno.ForeignLibraryInterface>,
    sockets: SocketCalls,
    fd: number,
  ) {
    const window = allocate(libc, WINDOW_SIZE);
    const reply = allocate(libc, REPLY_SIZE);
    this.window = window.bytes;
    this.reply = new ReplyWriter(
      reply.bytes,
      reply.words,
      libc.pointerTo(reply.bytes.subarray(VALUE_OFFSET)),
    );
    this.#sockets = sockets;
    this.#fd = fd;
    this.#view = new DataView(window.bytes.buffer);
    this.#windowPointer = window.pointer;
    this.#replyBytes = reply.bytes;
    this.#replyPointer = reply.pointer;
    this.#scrap = allocate(libc, SCRAP_SIZE);
    sockets.setWordAddress(reply.bytes);
  }

  /** Bytes received and not consumed. */
  get waiting(): number {
    return this.end - this.start;
  }

  /** The type of the frame at the front; its header must be there. */
  get type(): number {
    return this.#view.getUint32(this.start, true);
  }

  /** The size of its payload. */
  get size(): number {
    return this.#view.getUint32(this.start + 4, true);
  }

  /** Drops the first `count` bytes. */
  consume(count: number): void {
    this.start += count;
  }

  /** Receives more. Returns the count, 0 at the end of the stream, -EAGAIN where there is nothing, or a negative errno. */
  receive(): number {
    this.release();
    if (this.#queued > 0) return -EIO;
    if (this.start < this.end) return this.#received(this.#receiveMore());
    return this.#peeked(
      this.#sockets.peek(this.#fd, this.#windowPointer, WINDOW_CAPACITY),
    );
  }

  /** The same without waiting, where nothing is left of what was received. */
  receiveNow(): number {
    this.release();
    if (this.#queued > 0) return -EIO;
    return this.#peeked(
      this.#sockets.peekNow(this.#fd, this.#windowPointer, WINDOW_CAPACITY),
    );
  }

  /**
   * Takes from the kernel's queue what was received. To be called when the
   * answer is sent, not before: the kernel wakes a peer whose bytes leave the
   * queue, as it might have waited for the room (`unix_write_space()` of
   * net/unix/af_unix.c). One that waits for its answer wakes in vain, and
   * goes to sleep again just when the answer comes; one that has it is awake.
   */
  release(): void {
    while (this.#queued > 0) {
      const length = Math.min(this.#queued, SCRAP_SIZE);
      const taken = this.#sockets.take(this.#fd, this.#scrap.pointer, length);
      // No socket does that; nobody may be served the same request twice.
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
    this.#strange = 0;
    this.end += got;
    return got;
  }

  /** The rest of a frame that was split: rare, as QEMU writes each in one go. */
  #receiveMore(): number {
    if (this.start > 0) {
      this.window.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    return this.#sockets.receiveInto(this.#fd, this.window.subarray(this.end));
  }

  /** Sends {@linkcode reply}. On BLOCKED, {@linkcode flush} must follow before the next. */
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

  /** Goes on with a reply that was BLOCKED. */
  flush(): number {
    if (this.reply.descriptor >= 0) return this.#sendDescriptor();
    const rest = this.#replyBytes.subarray(this.#sent, this.reply.length);
    return this.#account(this.#sockets.sendFrom(this.#fd, rest));
  }

  /** The descriptor goes with the first byte, so it is sent once however the word is split. */
  #sendDescriptor(): number {
    const descriptor = this.reply.descriptor;
    const sent = this.#sockets.sendDescriptor(this.#fd, descriptor);
    if (sent < 0 && !isRefusal(sent) && this.#tryAgain(sent)) return BLOCKED;
    this.#sockets.close(descriptor);
    this.reply.descriptor = -1;
    if (sent >= 0) return this.#account(sent);
    // Too many descriptors in flight, say: QEMU must have an answer, and it can be told that.
    this.reply.passDescriptor(sent);
    return this.flush();
  }

  /** Whether a call that failed is worth repeating when the socket is ready. */
  #tryAgain(result: number): boolean {
    if (result === -EAGAIN) return true;
    return !isDisconnected(-result) && ++this.#strange < PATIENCE;
  }

  #account(sent: number): number {
    if (sent < 0) return this.#tryAgain(sent) ? BLOCKED : GONE;
    this.#strange = 0;
    this.#sent += sent;
    return this.#sent === this.reply.length ? SENT : BLOCKED;
  }
}

/** Whether the kernel has refused to pass a descriptor, for a reason that waiting does not change. */
function isRefusal(result: number): boolean {
  return result === -ETOOMANYREFS || result === -ENOMEM || result === -ENOBUFS;
}
