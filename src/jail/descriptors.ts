/**
 * Closes descriptors that the caller has left open.
 *
 * @module
 */
import type { FileLockCalls } from "../../ffi/file_lock.ts";
import type { ProcDirectory } from "../../ffi/proc.ts";
import type { SocketCalls } from "../../ffi/socket.ts";
import { SystemError } from "../../ffi/system_error.ts";

const STDERR = 2;

/** What is known of this process's descriptors, and what can be done to them. */
interface DescriptorCalls {
  readonly proc: ProcDirectory;
  readonly sockets: SocketCalls;
  readonly files: FileLockCalls;
}

/**
 * Closes every inherited descriptor above stderr that is not in `keep`: if one
 * was a directory of the host, it would be a way out of the jail. A descriptor
 * is inherited if it has no FD_CLOEXEC: the runtime opens its own with it.
 *
 * A file that this process has locked by fcntl(2) stays locked: libvirt locks the
 * pid file of a program before it executes that, and later ends only a process
 * whose file is locked. Returns the descriptors that hold such locks.
 *
 * To be called before the helper itself opens anything without FD_CLOEXEC.
 */
export function closeInherited(
  { proc, sockets, files }: DescriptorCalls,
  keep: readonly number[],
): number[] {
  const locks: number[] = [];
  // Not by close_range(2): the runtime's descriptors lie between them.
  for (const fd of proc.descriptors()) {
    if (fd <= STDERR || keep.includes(fd) || !sockets.isInherited(fd)) continue;
    // Locks of flock(2) are not this process's: whoever took them may hold them, too.
    const isLocked = /^lock:.* POSIX /m.test(proc.readText(`fdinfo/${fd}`));
    const lock = isLocked ? lockToRead(files, fd) : undefined;
    if (lock === undefined) sockets.close(fd);
    else locks.push(lock);
  }
  return locks;
}

/**
 * Closes `fd`, and has its file locked by another descriptor, that can only be
 * read from: whoever has the program run code shall not make the file tell another
 * process. Undefined, with `fd` open, where the file can't be opened again.
 */
function lockToRead(files: FileLockCalls, fd: number): number | undefined {
  try {
    const lock = files.reopenToRead(fd);
    // This gives the lock up.
    files.close(fd);
    files.lockToRead(lock);
    return lock;
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}
