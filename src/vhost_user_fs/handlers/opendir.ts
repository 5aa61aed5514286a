import { O_NOATIME } from "../../../ffi/constants.ts";
import { failed } from "../../../ffi/results.ts";
import type { Handler } from "../handler.ts";
import { DIRECTORY } from "../passthrough/open_files.ts";

/** OPENDIR: u32 flags, u32 FUSE's own flags. */
export const opendir: Handler<"open"> = (
  { request, inodes, openFiles, calls, budget, passedFlags, node },
) => {
  const full = budget.check(1);
  if (failed(full)) return full;
  const flags = request.u32(0) & passedFlags & O_NOATIME;
  const fd = calls.openDirectory(inodes.fd(node), flags);
  return failed(fd) ? fd : openFiles.add(fd, DIRECTORY, flags);
};
