import type { Handler } from "../handler.ts";

/** RMDIR: name, of an empty directory. */
export const rmdir: Handler<"status"> = ({ request, inodes, calls, node }) => {
  const name = request.name();
  return name === null ? request.refusal : calls.rmdir(inodes.fd(node), name);
};
