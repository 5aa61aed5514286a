/**
 * FUSE requests over the rings of a front end, each answer held strictly
 * against the protocol: what a careful guest would check, and more.
 *
 * @module
 */
import { concat, Reader, Writer } from "./bytes.ts";
import type { FrontEnd } from "./front_end.ts";
import { type Layout, Stream, UNTOUCHED } from "./layout.ts";
import { ReplyError } from "./replies.ts";
import { type Answer, OPCODES, type Request } from "./request.ts";
import type { Ring, Used } from "./ring.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const IN_HEADER_SIZE = 40;
export const OUT_HEADER_SIZE = 16;
const MAX_ERRNO = 511;
const EXT_GROUPS = 32;
/** Where the area for requests has room for more than one request, each gets so much. */
const SLOT = 1280 * 1024;

/** Who asks, within the guest. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly pid: number;
}

/** A request that was sent. */
export interface Pending<T> {
  readonly request: Request<T>;
  readonly ring: Ring;
  readonly head: number;
  readonly unique: bigint;
  readonly slot: number;
  readonly reply: Stream;
}

/** The requests of one mount. */
export class FuseSession {
  caller: Caller = { uid: 0, gid: 0, pid: 1 };
  layout: Layout = "linux";
  /** The request queue in use. */
  queue = 1;
  /** Bytes of the reply that the device wrote beyond used.len are an error; some servers do that. */
  strictTail = true;
  /** Answers so far, for reports. */
  answered = 0;
  #unique = 0x1_0000_0002n;
  readonly #pending = new Map<string, Pending<unknown>>();
  readonly #slots: number[] = [];

  constructor(readonly frontEnd: FrontEnd) {
    const { requestArea, memory } = frontEnd;
    const slots = Math.floor((memory.size - requestArea) / SLOT);
    for (let slot = slots; slot-- > 0;) this.#slots.push(slot);
  }

  /** Asks as somebody else. */
  as<T>(caller: Partial<Caller>, ask: () => T): T {
    const before = this.caller;
    this.caller = { ...before, ...caller };
    try {
      return ask();
    } finally {
      this.caller = before;
    }
  }

  /** Sends a request and waits for its answer. */
  ask<T>(request: Request<T>): Answer<T> {
    const pending = this.send(request);
    this.kick(pending.ring);
    return this.finish(pending, this.#collect(pending.ring));
  }

  /** The value of an answer that must be a success. */
  must<T>(request: Request<T>): T {
    const { errno, value } = this.ask(request);
    if (errno !== 0) {
      throw new ReplyError(`${request.op} failed: errno ${errno}`);
    }
    return value as T;
  }

  /** Publishes a request; {@linkcode kick} tells the device. */
  send<T>(request: Request<T>): Pending<T> {
    const { frontEnd, layout } = this;
    const ring = request.room === "none"
      ? frontEnd.rings[0]!
      : frontEnd.rings[this.queue]!;
    const unique = this.#unique;
    this.#unique += 2n;
    const slot = this.#slots.pop();
    if (slot === undefined) {
      throw new RangeError("Cannot send: no room for one more request");
    }
    const at = frontEnd.requestArea + slot * SLOT;
    const [header, ...rest] = this.encode(request, unique);
    const parts = request.room === "none"
      ? [concat([header!, ...rest])]
      : [header!, ...rest];
    const question = Stream.readable(frontEnd.memory, at, layout, parts);
    const reply = Stream.writable(
      frontEnd.memory,
      Math.ceil(question.end / 4096) * 4096,
      layout,
      replyLengths(request),
    );
    const head = ring.add([...question.buffers, ...reply.buffers]);
    const pending = { request, ring, head, unique, slot, reply };
    this.#pending.set(key(ring, head), pending);
    ring.publish(head);
    return pending;
  }

  kick(ring: Ring): void {
    ring.kick();
  }

  /** The next answer on a ring, whichever request it belongs to. */
  next(ring: Ring): [Pending<unknown>, Answer<unknown>] {
    const used = this.#collect(ring);
    const pending = this.#pending.get(key(ring, used.head))!;
    return [pending, this.finish(pending, used)];
  }

  /** Reads an answer, and checks everything about it. */
  finish<T>(pending: Pending<T>, used: Used): Answer<T> {
    const { request, ring, head, unique, slot, reply } = pending;
    if (used.head !== head) throw new ReplyError("Another chain came back");
    this.#pending.delete(key(ring, head));
    this.#slots.push(slot);
    this.answered++;
    const fail = (what: string) => new ReplyError(`${request.op}: ${what}`);
    if (request.room === "none") {
      if (used.length !== 0) throw fail(`used.len is ${used.length}, not 0`);
      return { errno: 0, value: request.decode(NONE) };
    }
    if (used.length === 0) throw fail("no reply came");
    const bytes = reply.bytes;
    const header = new Reader(bytes);
    const length = header.u32(0);
    const error = header.i32(4);
    if (used.length !== length) {
      throw fail(`used.len is ${used.length}, the header says ${length}`);
    }
    if (header.u64(8) !== unique) throw fail("another request's reply came");
    if (error > 0 || error < -MAX_ERRNO) throw fail(`error is ${error}`);
    if (length < OUT_HEADER_SIZE || length > reply.length) {
      throw fail(`a reply of ${length} bytes came`);
    }
    if (
      this.strictTail && bytes.subarray(length).some((b) => b !== UNTOUCHED)
    ) {
      throw fail(`something was written behind the ${length} bytes of a reply`);
    }
    if (error < 0) {
      if (length !== OUT_HEADER_SIZE) throw fail("an error has a body");
      return { errno: -error };
    }
    const body = bytes.slice(OUT_HEADER_SIZE, length);
    const { room } = request;
    const right = "exactly" in room
      ? body.length === room.exactly
      : body.length <= room.atMost;
    if (!right) throw fail(`a body of ${body.length} bytes came`);
    return { errno: 0, value: request.decode(body) };
  }

  /** A request's header, arguments and data. */
  encode(request: Request<unknown>, unique: bigint): Bytes[] {
    const { args, data = NONE, group, nodeid } = request;
    const extension = group === undefined ? NONE : new Writer()
      .u32(16, EXT_GROUPS, 1, group).bytes;
    const opcode = typeof request.op === "number"
      ? request.op
      : OPCODES[request.op];
    const length = IN_HEADER_SIZE + args.length + data.length +
      extension.length;
    const { uid, gid, pid } = this.caller;
    const header =
      new Writer().u32(request.length ?? length, opcode).u64(unique, nodeid)
        .u32(uid, gid, pid).u16(extension.length / 8, 0).bytes;
    return [header, concat([args, extension]), data].filter((part, index) =>
      index === 0 || part.length > 0
    );
  }

  #collect(ring: Ring): Used {
    const { connection, limit } = this.frontEnd;
    return ring.collect(connection.fd, limit);
  }
}

const NONE: Bytes = new Uint8Array(0);

function replyLengths({ room }: Request<unknown>): number[] {
  if (room === "none") return [];
  const body = "exactly" in room ? room.exactly : room.atMost;
  return body === 0 ? [OUT_HEADER_SIZE] : [OUT_HEADER_SIZE, body];
}

function key(ring: Ring, head: number): string {
  return `${ring.index}/${head}`;
}
