/**
 * Calls the handler of a request, and makes its reply.
 *
 * @module
 */
import { EINTR, EIO, ENAMETOOLONG } from "../../ffi/errno.ts";
import type { Context } from "./handler.ts";
import { ANSWERS_DESCRIPTOR, ANSWERS_STATUS, TABLE } from "./handlers/table.ts";
import type { ReplyWriter } from "./wire/reply_writer.ts";

/** Whether there is a request of this type. */
export function isRequest(type: number): boolean {
  return TABLE[type] !== undefined;
}

/**
 * Carries out the request that `context.request` was reset to; returns what its
 * handler has returned. In any case `context.reply` is complete afterwards, as
 * QEMU must not see the connection end instead of the answer to OPEN or CREATE.
 * What a handler throws is a bug: the reply is EIO, and the error is thrown on.
 */
export function dispatch(type: number, context: Context): number {
  const { longPaths, figures, reply } = context;
  figures.begin(type);
  try {
    let result = longPaths.isOutsideRoot
      ? longPaths.serveAway(type, context)
      : TABLE[type]!(context);
    if (result === -ENAMETOOLONG) result = longPaths.serve(type, context);
    const told = answer(type, result, reply);
    if (told < 0) figures.fail(-told);
    return result;
  } catch (error) {
    answer(type, -EIO, reply);
    figures.fail(EIO);
    throw error;
  }
}

/**
 * Makes the reply to a request of `type` of what its handler has returned. EINTR,
 * which a FUSE file system may return, becomes EIO: QEMU would repeat the request
 * for ever. Returns what is told.
 */
export function answer(
  type: number,
  returned: number,
  reply: ReplyWriter,
): number {
  const result = returned === -EINTR ? -EIO : returned;
  if (ANSWERS_DESCRIPTOR[type]) reply.passDescriptor(result);
  else if (result < 0 || ANSWERS_STATUS[type]) reply.status(result);
  else reply.data(result);
  return result;
}
