import { O_CREAT, O_EXCL } from "../../../ffi/constants.ts";
import { EEXIST, ENOENT } from "../../../ffi/errno.ts";
import type { Name } from "../../../ffi/passthrough.ts";
import { EROFS } from "../../../ffi/passthrough_constants.ts";
import { type Errno, failed, failure } from "../../../ffi/results.ts";
import type { Context, Created, Handler } from "../handler.ts";
import { created, enterCreated, MODE_BITS } from "../passthrough/creating.ts";
import { openRegular } from "../passthrough/opening.ts";

/** CREATE: u32 flags, mode, umask, FUSE's own flags; name. */
export const create: Handler<"create"> = (context) => {
  const { request, inodes, calls, budget, caller, node } = context;
  const name = request.name();
  if (name === null) return request.refusal;
  const flags = request.u32(0);
  if (context.options.readOnly) return createNothing(context, name, flags);
  // Before anything is made: a node and a handle.
  const full = budget.check(2);
  if (failed(full)) return full;
  const passed = flags & context.passedFlags;
  const denied = caller.become(request, request.u32(2));
  if (failed(denied)) return denied;
  let fd;
  try {
    // Always O_EXCL: what is there already is not opened as its caller.
    fd = calls.create(
      inodes.fd(node),
      name,
      passed | O_CREAT | O_EXCL,
      request.u32(1) & MODE_BITS,
    );
  } finally {
    caller.restore();
  }
  if (fd === -EEXIST && (flags & O_EXCL) === 0) {
    return openExisting(context, name, flags);
  }
  return failed(fd) ? fd : enterCreated(context, fd, passed);
};

/** On a read-only mount what is there already can be opened for reading, open(2). */
function createNothing(
  context: Context,
  name: Name,
  flags: number,
): Created | Errno {
  const { lookup, node } = context;
  if ((flags & O_EXCL) === 0) {
    const result = openExisting(context, name, flags);
    return result === -ENOENT ? failure(EROFS) : result;
  }
  const entry = lookup.find(node, name);
  if (failed(entry)) return entry === -ENOENT ? failure(EROFS) : entry;
  lookup.undo(entry);
  return failure(EEXIST);
}

/** Somebody else was faster; as open(2) has it, that is nothing bad. */
function openExisting(
  context: Context,
  name: Name,
  flags: number,
): Created | Errno {
  const { lookup, inodes, request, node } = context;
  const entry = lookup.find(node, name);
  if (failed(entry)) return entry;
  const handle = openRegular(context, entry, flags, request.u32(3));
  if (failed(handle)) {
    lookup.undo(entry);
    return handle;
  }
  // Opening may have truncated it.
  const status = context.calls.stat(inodes.fd(entry), 0);
  if (failed(status)) {
    context.openFiles.release(handle);
    lookup.undo(entry);
    return status;
  }
  return created(context, entry, handle);
}
