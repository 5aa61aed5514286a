/**
 * `--pid-file`.
 *
 * @module
 */
import { EISDIR, ELOOP, ENOENT, errnoText } from "../../ffi/errno.ts";
import type { FileLockCalls } from "../../ffi/file_lock.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { StartError } from "../errors.ts";
import type { ListenerCalls } from "../../ffi/listener.ts";
import type { MountCalls } from "../../ffi/mounts.ts";
import {
  leadsTo,
  openReadOnly,
  removeName,
  removePath,
  SYMLINK,
} from "../named_file.ts";
import { lastName, parentDirectory } from "../parent_directory.ts";

/** Who may read the file may lock it, and so keep the next helper from starting: root alone. */
const MODE = 0o600;

/** A pid file that is locked. */
export interface PidFile {
  /** The descriptor that holds the lock; it can only be read from. */
  readonly fd: number;
  /**
   * Its directory, as a mount of its own, to remove the file from inside the jail;
   * undefined where the kernel permits no such mount.
   */
  readonly directory: number | undefined;
  /**
   * Removes the file, where the start fails. In the jail it does where there is
   * {@linkcode directory}. To be called in place of `keep`.
   */
  readonly abandon: () => void;
  /** The start has succeeded: closes the directory, and the file stays. */
  readonly keep: () => void;
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
    const directory = privateDirectory(mounts, parentDirectory(path));
    const name = lastName(path);
    const keep = () => {
      if (directory !== undefined) mounts.close(directory);
    };
    const abandon = () => {
      if (directory === undefined) {
        removePath(mounts, listeners, path, held);
      } else {
        removeName(mounts, listeners, [directory, name], held);
        keep();
      }
    };
    return { fd: held, directory, abandon, keep };
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    throw new StartError(`Cannot write ${path}: ${reason(error, path)}`);
  }
}

/** A mount of the directory alone, out of which nothing leads; undefined where none is permitted. */
function privateDirectory(
  mounts: MountCalls,
  path: string,
): number | undefined {
  let opened: number | undefined;
  try {
    opened = mounts.openDirectory(path);
    return mounts.cloneDirectory(opened);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  } finally {
    if (opened !== undefined) mounts.close(opened);
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
  if (errno === ELOOP) return SYMLINK;
  if (errno !== ENOENT) return errnoText(errno);
  return `there is no directory ${parentDirectory(path)}; make it first`;
}
