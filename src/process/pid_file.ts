/**
 * `--pid-file`.
 *
 * @module
 */
import { EISDIR, ENOENT, errnoText } from "../../ffi/errno.ts";
import type { FileLockCalls } from "../../ffi/file_lock.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { StartError } from "../errors.ts";
import type { ListenerCalls } from "../../ffi/listener.ts";
import type { MountCalls } from "../../ffi/mounts.ts";
import { leadsTo, openReadOnly, removePath } from "../named_file.ts";
import { parentDirectory } from "../parent_directory.ts";

/** Who may read the file may lock it, and so keep the next helper from starting: root alone. */
const MODE = 0o600;

/** A pid file that is locked. */
export interface PidFile {
  /** The descriptor that holds the lock; it can only be read from. */
  readonly fd: number;
  /** Removes the file, where the start fails before the jail is entered. */
  readonly abandon: () => void;
}

interface PidFileCalls {
  readonly files: FileLockCalls;
  readonly mounts: MountCalls;
  readonly listeners: ListenerCalls;
}

/**
 * Writes `pid` to the file, if one was asked for, and locks it for as long as
 * the process lives.
 *
 * @throws {StartError}
 */
export function claimPidFile(
  { files, mounts, listeners }: PidFileCalls,
  path: string | undefined,
  pid: number,
): PidFile | undefined {
  if (path === undefined) return undefined;
  try {
    const written = files.openOrMake(path, MODE);
    if (!files.lock(written)) throw locked(path);
    files.overwrite(written, `${pid}\n`);
    // Whoever has the program run code shall not make the file tell another process.
    const held = openReadOnly(mounts, files, written);
    // The lock goes with it.
    files.close(written);
    if (!files.lockToRead(held) || !leadsTo(mounts, path, held)) {
      throw locked(path);
    }
    const abandon = () => removePath(mounts, listeners, path, held);
    return { fd: held, abandon };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new StartError(`Cannot write ${path}: ${reason(error, path)}`);
  }
}

function locked(path: string): StartError {
  return new StartError(
    `Cannot lock ${path}: another process holds it, it seems to serve already`,
  );
}

function reason({ errno }: SystemError, path: string): string {
  if (path === "") return "a file without a name; give it one";
  if (errno === EISDIR) return "it is a directory; name a file";
  if (errno !== ENOENT) return errnoText(errno);
  return `there is no directory ${parentDirectory(path)}; make it first`;
}
