/**
 * `--socket-path SOCKET`: a named socket as virtiofsd makes it. A file beside
 * it, `SOCKET.pid`, is locked and tells the process; so a name that was left over
 * can be told from one that is in use, and is replaced.
 *
 * @module
 */
import { ELOOP, ENOENT, errnoText } from "../../ffi/errno.ts";
import { AT_FDCWD } from "../../ffi/constants.ts";
import type { FileLockCalls } from "../../ffi/file_lock.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { StartError } from "../errors.ts";
import {
  type FileNames,
  leadsTo,
  openReadOnly,
  removeName,
  removePath,
  type Reopener,
  SYMLINK,
} from "../named_file.ts";
import { parentDirectory } from "../parent_directory.ts";
import {
  makeNamedSocket,
  type NamedSocket,
  nameOf,
  type NamingCalls,
} from "./named_socket.ts";

/** Of the socket: of root alone, or of root and a group. */
const ALONE = 0o700, WITH_GROUP = 0o770;
/** Of the file. */
const LOCK_MODE = 0o600;

interface LockingCalls extends NamingCalls {
  readonly mounts: NamingCalls["mounts"] & FileNames & Reopener;
  readonly files: FileLockCalls;
  /** Of this process. */
  readonly pid: number;
}

/** A socket with a name that is locked. */
interface LockedSocket extends NamedSocket {
  /** The descriptor that holds the lock. */
  readonly lock: number;
  /**
   * Removes the name and the file that locks it, where nobody is served. To be
   * called before `removeName`, in whose stead it is; works in the jail, too.
   */
  readonly abandon: () => void;
}

/**
 * Makes the socket.
 *
 * @param gid the group that may connect, beside root
 * @throws {StartError}
 */
export function makeLockedSocket(
  calls: LockingCalls,
  path: string,
  gid: number | undefined,
): LockedSocket {
  const { files, mounts, listeners } = calls;
  // Before a file is made beside it, which would stay.
  const name = nameOf(path);
  const lock = lockName(calls, path);
  try {
    // What is no socket stays, and is in the way.
    if (mounts.identify(AT_FDCWD, path)?.isSocket) {
      listeners.unlink(AT_FDCWD, path);
    }
    const owner = { uid: 0, gid: gid ?? 0 };
    const mode = gid === undefined ? ALONE : WITH_GROUP;
    const socket = makeNamedSocket(calls, path, owner, mode);
    const abandon = () => {
      const { fd } = socket.directory;
      removeName(mounts, listeners, [fd, `${name}.pid`], lock);
      socket.removeName();
    };
    return { ...socket, lock, abandon };
  } catch (error) {
    removePath(mounts, listeners, lockOf(path), lock);
    files.close(lock);
    throw error;
  }
}

/** The file that locks the name of a socket. */
function lockOf(socket: string): string {
  return `${socket}.pid`;
}

/** Locks the name; returns the descriptor that holds the lock. */
function lockName(
  { files, mounts, pid }: LockingCalls,
  socket: string,
): number {
  const path = lockOf(socket);
  const inUse = () =>
    new StartError(
      `Cannot lock ${path}: another process holds it, it seems to serve ${socket}; choose another name, or end that process`,
    );
  try {
    const written = files.openOrMake(path, LOCK_MODE);
    if (!files.lockOpen(written)) throw inUse();
    files.overwrite(written, `${pid}\n`);
    // Whoever has the program run code shall not make the file tell another process.
    const held = openReadOnly(mounts, files, written);
    // The lock goes with it. Whoever takes it meanwhile has it.
    files.close(written);
    if (!files.lockOpen(held) || !leadsTo(mounts, path, held)) throw inUse();
    return held;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const reasons: Readonly<Record<number, string>> = {
      [ENOENT]: `there is no directory ${parentDirectory(path)}; make it first`,
      [ELOOP]: SYMLINK,
    };
    throw new StartError(
      `Cannot write ${path}: ${reasons[error.errno] ?? errnoText(error.errno)}`,
    );
  }
}
