/**
 * The loop: synchronous while requests keep coming, asleep on another thread
 * while none does.
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
 * How long requests are served between two turns of the event loop, in which
 * signals are seen: a turn costs as much as two requests, and makes garbage.
 */
const TURN_NS = 50_000_000;
/** A request that takes so long gets a turn of its own, which waits for signals that are on their way. */
const DEAR_NS = 10_000_000;
const SIGNALS_MS = 1;

/** How long QEMU may take, in the end, to read the answer that it waits for. */
const LAST_ANSWER_MS = 2000;

/** Everything the loop works with. */
export interface Service {
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

/** Nothing was thrown; undefined can be. */
const NOTHING = Symbol();

/** What the synchronous part stopped for. */
type Pause =
  | "idle"
  | "blocked"
  | "last answer"
  | "turn"
  | "long turn"
  | Ending;

/** Serves until the connection ends or a stop is asked for. Closes nothing. */
export async function serve(service: Service): Promise<Ending> {
  try {
    return await serveAll(service);
  } finally {
    // To close a socket in which something lies unread is to reset the connection.
    service.channel.release();
  }
}

async function serveAll(service: Service): Promise<Ending> {
  const { channel, waiter, socket, stop, log } = service;
  const pump = createPump(service);
  for (;;) {
    const pause = pump();
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
        // QEMU takes an end without it for a descriptor, where it asked for one.
        if (await finishReply(service) !== SENT) log.info(UNREAD);
        return "broken";
      default:
        return pause;
    }
  }
}

const UNREAD = "The peer closed before it had read its answer";

/** The synchronous part: one function for all of the connection, so that it is compiled once. */
function createPump(
  { channel, receiver, stopwatch, context, stop, log }: Service,
): () => Pause {
  const { request } = context;

  return function pump(): Pause {
    stopwatch.start();
    // The clock is read after each request: some take seconds, and a stop has to be seen behind the first of them.
    for (let before = 0;;) {
      // Once it is to stop, the loop begins with no other request.
      const pause = stop.requested ? "idle" : serveOne();
      if (pause !== undefined) return pause;
      const now = stopwatch.elapsed();
      if (now - before >= DEAR_NS) return "long turn";
      if (now >= TURN_NS) return "turn";
      before = now;
    }
  };

  /** Serves the next request, or says what there is to do instead. */
  function serveOne(): Pause | undefined {
    while (channel.waiting < HEADER_SIZE) {
      const pause = receive();
      if (pause !== undefined) return pause;
    }
    const type = channel.type, size = channel.size;
    if (size > MAX_PAYLOAD || !isRequest(type)) return violation(type, size);
    while (channel.waiting < HEADER_SIZE + size) {
      const pause = receive();
      if (pause !== undefined) return pause;
    }
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
    // The peer has its answer first.
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
      traceLine(type, channel.window.subarray(payload, payload + size), result),
    );
  }

  function violation(type: number, size: number): Pause {
    refuse(channel);
    log.error(
      `Cannot go on: the peer sent a request of type ${type} and ${size} bytes, which the protocol does not have`,
    );
    return "violation";
  }

  /** A bug of ours. Returns whether it forbids to go on. */
  function reportThrown(type: number, error: unknown): boolean {
    log.error(
      `Cannot carry out a request of type ${type}: ${describeThrown(error)}`,
    );
    return isFatal(error);
  }
}

/** Sends what is left of a reply; when stopping, only for as long as QEMU may take. */
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

/** Leaves a request that has come only in part. */
function abandon(channel: Channel): Ending {
  if (channel.waiting >= HEADER_SIZE) refuse(channel);
  return "stopped";
}

/**
 * Refuses the request at the front if it is an OPEN or a CREATE, before the
 * connection is closed: to the end of the stream after it was read QEMU answers
 * by using the request's length as a descriptor number.
 */
function refuse(channel: Channel): void {
  if (!ANSWERS_DESCRIPTOR[channel.type]) return;
  answer(channel.type, -EIO, channel.reply);
  channel.send();
}
