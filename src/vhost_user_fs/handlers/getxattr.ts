import { failed } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import {
  answerSize,
  attributeName,
  roomFor,
} from "../passthrough/extended_attributes.ts";

/** GETXATTR: u32 size, u32 nothing; name. The value, or its size where the guest has no room. */
export const getxattr: Handler<"bytes"> = (context) => {
  const { request, reply, inodes, calls, node } = context;
  const name = attributeName(context);
  if (typeof name === "number") return name;
  const size = request.u32(0);
  const room = roomFor(reply, size);
  if (failed(room)) return room;
  const length = calls.getxattr(inodes.fd(node), name, reply.body, room);
  return failed(length) ? length : answerSize(reply, size, length);
};
