/**
 * The loop: serves requests synchronously while they keep coming; when none
 * comes, another thread waits for the next.
 *
 * @module
 */
import { POLLIN, POLLOUT } from "../../ffi/constants.ts";
import { EAGAIN, EIO, errnoText } from "../../ffi/errno.ts";
import type { Stopwatch } from "../../ffi/clock.ts";
import type { Waiter, Watch } from "../polling/waiter.ts";
import { answer, dispatch, isRequest } from "./dispatch.ts";
import type { Context } from "./handler.ts";
import { ANSWERS_DESCRIPTOR } from "./handlers/table.ts";
import { isFatal } from "../errors.ts";
import type { Ending } from "../front_end.ts";
import type { Log } from "../log/log.ts";
import { describeThrown } from "../log/thrown.ts";
import { traceLine } from "./trace/trace.ts";
import { HEADER_SIZE, MAX_PAYLOAD } from "./wire/protocol.ts";
import type { Receiver } from "../polling/receiver.ts";
import { BLOCKED, type Channel, GONE, SENT } from "./channel.ts";
import type { Stop } from "../process/stop.ts";

/**
 * How long requests are served before the event loop turns once, which handles
 * signals. A turn takes as long as two requests, and allocates memory.
 */
const TURN_NS = 50_000_000;
/** After a request that takes longer the event loop turns at once, and waits for signals that are on their way. */
const SLOW_NS = 10_000_000;
const SIGNALS_MS = 1;

/** How long a stop waits for QEMU to read an answer. */
const LAST_ANSWER_MS = 2000;

interface Service {
  readonly channel: Channel;
  readonly receiver: Receiver;
  readonly stopwatch: Stopwatch;
  readonly context: Context;
  readonly waiter: Waiter;
  /** The connection, as the waiter knows it. */
  readonly socket: Watch;
  readonly stop: Stop;
  readonly log: Log;
}

/** Stands for "nothing was thrown"; undefined does not, as it can be thrown. */
const NOTHING = Symbol();

/** Why the synchronous part has returned. */
type Pause =
  /** No request has come for a while. */
  | "idle"
  /** The socket is full: the reply has to be sent later. */
  | "blocked"
  /** The same, and nothing may be served afterwards. */
  | "last answer"
  /** The event loop shall turn, and "long turn" wait for signals. */
  | "turn"
  | "long turn"
  | Ending;

/** Serves until the connection ends or a stop is requested. Does not close the connection. */
export async function serve(service: Service): Promise<Ending> {
  try {
    return await serveAll(service);
  } finally {
    // Closing a socket with unread bytes in its queue resets the connection.
    service.channel.release();
  }
}

async function serveAll(service: Service): Promise<Ending> {
  const { channel, waiter, socket, stop, log } = service;
  const serveRequests = createLoop(service);
  for (;;) {
    const pause = serveRequests();
    switch (pause) {
      case "idle":
        socket.events = POLLIN;
        if (!stop.requested) await waiter.wait(-1);
        if (stop.requested) return abandon(channel);
        break;
      case "turn":
        await waiter.turn();
        break;
      case "long turn":
        socket.events = 0;
        await waiter.wait(SIGNALS_MS);
        break;
      case "blocked":
        if (await finishReply(service) === SENT) break;
        log.info(UNREAD);
        return stop.requested ? "stopped" : "closed";
      case "last answer":
        // If it asked for a descriptor, QEMU takes the end of the stream for one.
        if (await finishReply(service) !== SENT) log.info(UNREAD);
        return "broken";
      default:
        return pause;
    }
  }
}

const UNREAD = "The peer closed before it had read its answer";

/** Makes the synchronous part: one closure for the whole connection, so that V8 compiles it once. */
function createLoop(
  { channel, receiver, stopwatch, context, stop, log }: Service,
): () => Pause {
  const { request } = context;

  return function serveRequests(): Pause {
    stopwatch.start();
    // The clock is read after each request: a stop must be seen after a single slow one.
    for (let before = 0;;) {
      // After a stop no other request is begun.
      const pause = stop.requested ? "idle" : serveOne();
      if (pause !== undefined) return pause;
      const now = stopwatch.elapsed();
      if (now - before >= SLOW_NS) return "long turn";
      if (now >= TURN_NS) return "turn";
      before = now;
    }
  };

  /** Serves the next request; returns a reason not to go on with another. */
  function serveOne(): Pause | undefined {
    // A request that has come alone and whole is timed from when it came.
    let received = 0;
    while (channel.waiting < HEADER_SIZE) {
      const pause = receive();
      if (pause !== undefined) return pause;
      received++;
    }
    const type = channel.type, size = channel.size;
    if (size > MAX_PAYLOAD || !isRequest(type)) return violation(type, size);
    while (channel.waiting < HEADER_SIZE + size) {
      const pause = receive();
      if (pause !== undefined) return pause;
      received++;
    }
    if (received !== 1) receiver.taking();
    const payload = channel.start + HEADER_SIZE;
    request.reset(payload, payload + size);
    channel.consume(HEADER_SIZE + size);
    let thrown: unknown = NOTHING;
    try {
      const result = dispatch(type, context);
      if (log.verbose) trace(type, payload, size, result);
    } catch (error) {
      thrown = error;
    }
    receiver.answering();
    const sent = channel.send();
    channel.release();
    // Logged after the answer, so that the peer has it in any case.
    if (thrown !== NOTHING && reportThrown(type, thrown)) {
      return sent === BLOCKED ? "last answer" : "broken";
    }
    if (sent === BLOCKED) return "blocked";
    if (sent === GONE) {
      log.info(UNREAD);
      return "closed";
    }
    return undefined;
  }

  function receive(): Pause | undefined {
    const got = receiver.receive();
    if (got > 0) return undefined;
    if (got === -EAGAIN) return "idle";
    if (got < 0) log.info(`The connection broke: ${errnoText(-got)}`);
    else if (channel.waiting > 0) {
      log.warning("The peer closed the connection in the middle of a request");
    } else log.info("The peer closed the connection");
    return "closed";
  }

  function trace(
    type: number,
    payload: number,
    size: number,
    result: number,
  ): void {
    log.debug(
      traceLine(type, channel.buffer.subarray(payload, payload + size), result),
    );
  }

  function violation(type: number, size: number): Pause {
    refuse(channel);
    log.error(
      `Cannot go on: the peer sent a request of type ${type} and ${size} bytes, which the protocol does not have`,
    );
    return "violation";
  }

  /** Logs what a handler has thrown, which is a bug; returns whether the helper must end. */
  function reportThrown(type: number, error: unknown): boolean {
    log.error(
      `Cannot carry out a request of type ${type}: ${describeThrown(error)}`,
    );
    return isFatal(error);
  }
}

/** Sends the rest of a reply; after a stop, for {@linkcode LAST_ANSWER_MS} at most. */
async function finishReply(
  { channel, waiter, socket, stop }: Service,
): Promise<number> {
  socket.events = POLLOUT;
  let deadline = Infinity;
  for (;;) {
    if (stop.requested) {
      const now = performance.now();
      deadline = Math.min(deadline, now + LAST_ANSWER_MS);
      if (now >= deadline) return GONE;
      await waiter.waitOnlyFor(socket, Math.ceil(deadline - now));
    } else await waiter.wait(-1);
    const outcome = channel.flush();
    if (outcome !== BLOCKED) return outcome;
  }
}

/** Ends the loop, and refuses a request that has not come whole. */
function abandon(channel: Channel): Ending {
  if (channel.waiting >= HEADER_SIZE) refuse(channel);
  return "stopped";
}

/**
 * Answers the next request with EIO before the connection is closed, if it is
 * OPEN or CREATE: if the stream ends instead, QEMU uses the request's length as
 * the descriptor.
 */
function refuse(channel: Channel): void {
  if (!ANSWERS_DESCRIPTOR[channel.type]) return;
  answer(channel.type, -EIO, channel.reply);
  channel.send();
}
