/**
 * FUSE requests that lie ready in the guest's memory and are sent again and
 * again: what is measured is the server, not the client.
 *
 * @module
 */
import { Stream } from "../../../src/vhost_user_fs/client/layout.ts";
import type { Region } from "../../../src/vhost_user_fs/client/region.ts";
import type { Request } from "../../../src/vhost_user_fs/client/request.ts";
import type { Ring } from "../../../src/vhost_user_fs/client/ring.ts";
import {
  type FuseSession,
  OUT_HEADER_SIZE,
} from "../../../src/vhost_user_fs/client/session.ts";

const PAGE = 4096;
/** Where arguments and bodies begin: each part is on a cache line of its own. */
const PART = 64;

/** A server's answers do not come. */
export class StallError extends Error {
  override name = "StallError";
}

/** Room for prepared requests. */
export class Desk {
  #next = 0;

  /** @param wait returns when a ring's driver is called; throws a {@linkcode StallError} where that takes too long */
  constructor(
    readonly session: FuseSession,
    readonly region: Region,
    readonly wait: () => void,
  ) {}

  /** Lays a request out. `errno` is how it must end. */
  prepare(request: Request<unknown>, errno = 0): Prepared {
    const { session, region } = this;
    const at = this.#next;
    const parts = session.encode(request, BigInt(at + 2));
    const whole = request.room === "none";
    const question = Stream.readable(
      region,
      at,
      whole ? "whole" : "linux",
      parts,
    );
    const replyAt = Math.ceil(question.end / PAGE) * PAGE;
    const { room } = request;
    const body = room === "none"
      ? 0
      : "exactly" in room
      ? room.exactly
      : room.atMost;
    const lengths = whole ? [] : [OUT_HEADER_SIZE, ...body > 0 ? [body] : []];
    const reply = Stream.writable(region, replyAt, "linux", lengths);
    this.#next = Math.ceil(Math.max(replyAt, reply.end) / PAGE) * PAGE;
    if (this.#next > region.size) throw new RangeError("The desk is full");
    const ring = session.frontEnd.rings[whole ? 0 : session.queue]!;
    const head = ring.add([...question.buffers, ...reply.buffers]);
    return new Prepared(
      region,
      ring,
      head,
      { question: at, args: at + PART, reply: replyAt, body: replyAt + PART },
      whole ? undefined : -errno,
      this.wait,
    );
  }
}

/** One of them. */
export class Prepared {
  constructor(
    readonly region: Region,
    readonly ring: Ring,
    readonly head: number,
    /** Offsets of its parts in the region. */
    readonly at: {
      readonly question: number;
      readonly args: number;
      readonly reply: number;
      readonly body: number;
    },
    /** The error that the reply must have; undefined where there is none. */
    readonly error: number | undefined,
    readonly wait: () => void,
  ) {}

  /** Sends it and waits for the answer, as a driver does. */
  run(): void {
    this.publish();
    this.finish(1);
  }

  publish(): void {
    this.ring.publish(this.head);
  }

  /** Kicks, and waits until `count` of the ring's chains have come back. */
  finish(count: number): void {
    const { ring, error } = this;
    const end = ring.usedIdx + count & 0xffff;
    // Linux asks for the next interrupt as soon as it has seen the last answer.
    ring.usedIdx = end - 1 & 0xffff;
    ring.listen(true);
    ring.kick();
    while (ring.deviceIdx !== end) this.wait();
    ring.usedIdx = end;
    if (error === undefined) return;
    const came = this.region.view.getInt32(this.at.reply + 4, true);
    if (came !== error) throw new StallError(`errno ${-came} came`);
  }

  /** Copies 8 bytes from an answer of another one. */
  patch(offset: number, from: number): void {
    const { view } = this.region;
    view.setUint32(offset, view.getUint32(from, true), true);
    view.setUint32(offset + 4, view.getUint32(from + 4, true), true);
  }
}
