/**
 * `--pid-file`, in words for people.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { LockedError, writePidFile } from "../../ffi/pid_file.ts";
import type { DESCRIPTOR_SYMBOLS } from "../../ffi/symbols/descriptors.ts";
import type { IO_SYMBOLS } from "../../ffi/symbols/io.ts";
import type { START_SYMBOLS } from "../../ffi/symbols/start.ts";
import { EISDIR, ENOENT, errnoText } from "../../ffi/errno.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { StartError } from "../errors.ts";

/**
 * Writes and locks the file, if one was asked for. Returns the descriptor that
 * holds the lock.
 *
 * @throws {StartError}
 */
export function claimPidFile(
  libc: Libc<
    typeof DESCRIPTOR_SYMBOLS & typeof IO_SYMBOLS & typeof START_SYMBOLS
  >,
  path: string | undefined,
  pid: number,
): number | undefined {
  if (path === undefined) return undefined;
  try {
    return writePidFile(libc, path, pid);
  } catch (error) {
    if (error instanceof LockedError) {
      throw new StartError(
        `Cannot lock ${path}: another process holds it, it seems to serve already`,
      );
    }
    if (error instanceof SystemError) {
      throw new StartError(`Cannot write ${path}: ${reason(error, path)}`);
    }
    throw error;
  }
}

function reason({ errno }: SystemError, path: string): string {
  if (path === "") return "a file without a name; give it one";
  if (errno === EISDIR) return "it is a directory; name a file";
  if (errno !== ENOENT) return errnoText(errno);
  const slash = path.lastIndexOf("/");
  return `there is no directory ${path.slice(0, slash)}; make it first`;
}
