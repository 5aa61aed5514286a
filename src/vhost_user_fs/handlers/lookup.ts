import type { Handler } from "../handler.ts";

/** LOOKUP: name. Never follows a symlink. What is not there is ENOENT, which the guest does not remember. */
export const lookup: Handler<"entry"> = ({ request, lookup, node }) => {
  const name = request.name();
  return name === null ? request.refusal : lookup.find(node, name);
};
