/**
 * From a request's number to its reply.
 *
 * @module
 */
import { EINTR, EIO, ENAMETOOLONG } from "../../ffi/errno.ts";
import type { Context } from "./handler.ts";
import { ANSWERS_DESCRIPTOR, ANSWERS_STATUS, TABLE } from "./handlers/table.ts";
import type { ReplyWriter } from "./wire/reply_writer.ts";

/** Whether there is such a request. */
export function isRequest(type: number): boolean {
  return TABLE[type] !== undefined;
}

/**
 * Answers the request whose payload `context.request` stands on: afterwards
 * `context.reply` is complete, whatever happened, as QEMU must never see the
 * connection end instead of an answer to OPEN or CREATE. What a handler throws
 * is a bug: it is answered with EIO first and thrown on then. Returns what the
 * handler has returned.
 */
export function dispatch(type: number, context: Context): number {
  try {
    const { longPaths } = context;
    let result = longPaths.away
      ? longPaths.serveAway(type, context)
      : TABLE[type]!(context);
    if (result === -ENAMETOOLONG) {
      result = longPaths.serve(type, context);
    }
    answer(type, result, context.reply);
    return result;
  } catch (error) {
    answer(type, -EIO, context.reply);
    throw error;
  }
}

/**
 * Makes the reply to a request of `type` out of what its handler returned.
 * EINTR, which a FUSE file system may give, is passed on as EIO: QEMU asks again
 * for ever.
 */
export function answer(
  type: number,
  returned: number,
  reply: ReplyWriter,
): void {
  const result = returned === -EINTR ? -EIO : returned;
  if (ANSWERS_DESCRIPTOR[type]) reply.passDescriptor(result);
  else if (result < 0 || ANSWERS_STATUS[type]) reply.status(result);
  else reply.data(result);
}
