import type { Handler } from "../handler.ts";

/** UNLINK: name, of anything but a directory. */
export const unlink: Handler<"status"> = ({ request, inodes, calls, node }) => {
  const name = request.name();
  return name === null ? request.refusal : calls.unlink(inodes.fd(node), name);
};
