import type { Handler } from "../handler.ts";
import { attributeName } from "../passthrough/extended_attributes.ts";

/** REMOVEXATTR: name. */
export const removexattr: Handler<"status"> = (context) => {
  const name = attributeName(context);
  return typeof name === "number"
    ? name
    : context.calls.removexattr(context.inodes.fd(context.node), name);
};
