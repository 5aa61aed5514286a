/**
 * `-s SOCKET -u UID -g GID`: a named socket, for one client.
 *
 * @module
 */
import type { CredentialCalls } from "../../ffi/credentials.ts";
import { EADDRINUSE, ENOENT, ENOTDIR, errnoText } from "../../ffi/errno.ts";
import type { ListenerCalls } from "../../ffi/listener.ts";
import type { MountCalls, Owner } from "../../ffi/mounts.ts";
import type { ProcessCalls } from "../../ffi/process.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { StartError } from "../errors.ts";
import { actBeforeJail } from "../identity.ts";

/** Its owner and group may connect, nobody else. */
const MODE = 0o660;

/** The directory of the name, which is held to remove the name from inside of the jail. */
export interface NameDirectory {
  readonly fd: number;
  /** Whether it is a mount of its own, out of which `..` does not lead. */
  readonly closed: boolean;
}

/** What naming a socket needs. */
export interface NamingCalls {
  readonly listeners: ListenerCalls;
  readonly credentials: CredentialCalls;
  readonly process: Pick<ProcessCalls, "umask">;
  readonly mounts: Pick<
    MountCalls,
    "cloneDirectory" | "identify" | "openDirectory"
  >;
}

/** A socket with a name, which is not listening yet. */
export interface NamedSocket {
  readonly fd: number;
  readonly directory: NameDirectory;
  /** Removes the name, if it is still ours. Works in the jail too, where it is out of reach. */
  removeName(): void;
}

/**
 * Makes the socket. Its name has the right owner and mode from the first
 * moment on: it is made under the owner's identity and with a fitting umask,
 * where the original changed the owner afterwards, by a path that somebody
 * else could have replaced.
 *
 * @throws {StartError}
 */
export function makeNamedSocket(
  { listeners, credentials, process, mounts }: NamingCalls,
  path: string,
  owner: Owner,
): NamedSocket {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  const fail = (why: string) => new StartError(`Cannot make ${path}: ${why}`);
  if (name === "" || name === "." || name === "..") {
    throw fail("it names a directory");
  }
  const parent = slash < 0 ? "." : path.slice(0, slash) || "/";
  let directory = -1;
  let fd = -1;
  try {
    directory = mounts.openDirectory(parent);
    fd = listeners.create();
    const formerMask = process.umask(0o777 & ~MODE);
    try {
      actBeforeJail(credentials, owner, () => listeners.bind(fd, path));
    } finally {
      process.umask(formerMask);
    }
  } catch (error) {
    if (fd >= 0) listeners.close(fd);
    if (directory >= 0) listeners.close(directory);
    if (!(error instanceof SystemError)) throw error;
    throw fail(reason(error, parent, directory >= 0));
  }
  const held = closeOff(mounts, listeners, directory);
  directory = held.fd;
  const made = mounts.identify(directory, name);
  const removeName = () => {
    const now = mounts.identify(directory, name);
    if (
      made !== undefined && now?.inode === made.inode &&
      now.device === made.device
    ) {
      listeners.unlink(directory, name);
    }
    listeners.close(directory);
  };
  if (made?.uid !== owner.uid || made.gid !== owner.gid || made.mode !== MODE) {
    removeName();
    listeners.close(fd);
    throw fail(
      "its directory gives it another group or mode (a set-group-ID bit, or a default ACL); choose another directory",
    );
  }
  return { fd, directory: held, removeName };
}

/**
 * Holds the directory by a private mount instead, where that can be had: a
 * directory of the host is a way out of the jail.
 */
function closeOff(
  mounts: NamingCalls["mounts"],
  listeners: ListenerCalls,
  directory: number,
): NameDirectory {
  try {
    const fd = mounts.cloneDirectory(directory);
    listeners.close(directory);
    return { fd, closed: true };
  } catch (error) {
    if (error instanceof SystemError) return { fd: directory, closed: false };
    throw error;
  }
}

/** Why there is no socket, and what to do. @param hasDirectory whether its directory could be opened */
function reason(
  { errno }: SystemError,
  parent: string,
  hasDirectory: boolean,
): string {
  if (errno === EADDRINUSE) {
    return "it exists already; remove it if no other helper uses it";
  }
  if (errno === ENOENT && !hasDirectory) {
    return `there is no directory ${parent}; make it first`;
  }
  if (errno === ENOTDIR) return `${parent} is not a directory`;
  return errnoText(errno);
}
