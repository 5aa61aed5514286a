import { O_DIRECTORY, O_EXCL, O_TMPFILE_BIT } from "../../../ffi/constants.ts";
import { failed } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { enterCreated, MODE_BITS } from "../passthrough/creating.ts";

const O_TMPFILE = O_TMPFILE_BIT | O_DIRECTORY;

/** TMPFILE: as CREATE; the name is only there to be shown. With O_EXCL it can't be linked later. */
export const tmpfile: Handler<"create"> = (context) => {
  const { request, inodes, calls, budget, caller, node } = context;
  const flags = request.u32(0);
  const full = budget.check(2);
  if (failed(full)) return full;
  const passed = flags & context.passedFlags;
  const denied = caller.become(request, request.u32(2));
  if (failed(denied)) return denied;
  let fd;
  try {
    fd = calls.createUnnamed(
      inodes.fd(node),
      passed | O_TMPFILE | flags & O_EXCL,
      request.u32(1) & MODE_BITS,
    );
  } finally {
    caller.restore();
  }
  return failed(fd) ? fd : enterCreated(context, fd, passed);
};
