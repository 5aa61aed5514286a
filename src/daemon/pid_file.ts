/**
 * `--pid-file`, in words for people.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { LockedError, writePidFile } from "../../ffi/pid_file.ts";
import type { SYMBOLS } from "../../ffi/symbols.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { CheckError } from "../cli/checks.ts";

/**
 * Writes and locks the file, if one was asked for.
 *
 * @throws {CheckError}
 */
export function claimPidFile(
  libc: Libc<typeof SYMBOLS>,
  path: string | undefined,
  pid: number,
): void {
  if (path === undefined) return;
  try {
    writePidFile(libc, path, pid);
  } catch (error) {
    if (error instanceof LockedError) {
      throw new CheckError(
        `Cannot lock ${path}: another process holds it, it seems to serve already`,
      );
    }
    if (error instanceof SystemError) {
      throw new CheckError(`Cannot write ${path}: ${error.message}`);
    }
    throw error;
  }
}
