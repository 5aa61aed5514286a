/**
 * `-s SOCKET -u UID -g GID`: makes a named socket, for one client.
 *
 * @module
 */
import type { CredentialCalls } from "../../ffi/credentials.ts";
import {
  EADDRINUSE,
  EINVAL,
  ENOENT,
  ENOTDIR,
  errnoText,
} from "../../ffi/errno.ts";
import type { ListenerCalls } from "../../ffi/listener.ts";
import type { MountCalls, Owner } from "../../ffi/mounts.ts";
import type { ProcessCalls } from "../../ffi/process.ts";
import { SystemError } from "../../ffi/system_error.ts";
import { StartError } from "../errors.ts";
import { actBeforeJail } from "../identity.ts";
import { lastName, parentDirectory } from "../parent_directory.ts";

/** Of the socket: its owner and group may connect, nobody else. */
const MODE = 0o660;
/** The bits of a mode that are the group's. */
const GROUP = 0o070;

/** The directory of the name, kept open to remove the name from inside the jail. */
export interface NameDirectory {
  readonly fd: number;
  /** Whether it is the root of a private mount, so that `..` leads nowhere. */
  readonly closed: boolean;
}

/** What {@linkcode makeNamedSocket} needs. */
export interface NamingCalls {
  readonly listeners: ListenerCalls;
  readonly credentials: CredentialCalls;
  readonly process: Pick<ProcessCalls, "umask">;
  readonly mounts: Pick<
    MountCalls,
    "cloneDirectory" | "identify" | "openDirectory"
  >;
}

/** A socket with a name, on which listen(2) was not called yet. */
export interface NamedSocket {
  readonly fd: number;
  readonly directory: NameDirectory;
  /**
   * Removes the name if it is still this socket's, and closes the directory.
   * Works in the jail, too. May be called more than once.
   */
  readonly removeName: () => void;
}

/**
 * Makes the socket. Its name has the right owner and mode from the beginning,
 * as it is made by the owner's file system identity and with the right umask.
 * (The original helper calls chown(2) afterwards, on a path that somebody else
 * may have replaced by then.)
 *
 * @throws {StartError}
 */
export function makeNamedSocket(
  { listeners, credentials, process, mounts }: NamingCalls,
  path: string,
  owner: Owner,
  mode = MODE,
): NamedSocket {
  const name = nameOf(path);
  const fail = (why: string) => new StartError(`Cannot make ${path}: ${why}`);
  const parent = parentDirectory(path);
  let directory = -1;
  let fd = -1;
  try {
    directory = mounts.openDirectory(parent);
    fd = listeners.create();
    const formerMask = process.umask(0o777 & ~mode);
    try {
      actBeforeJail(credentials, owner, () => listeners.bind(fd, path));
    } finally {
      process.umask(formerMask);
    }
  } catch (error) {
    // Nobody shall be told to remove what no helper has made.
    const isOther = directory >= 0 &&
      mounts.identify(directory, name)?.isSocket === false;
    if (fd >= 0) listeners.close(fd);
    if (directory >= 0) listeners.close(directory);
    if (!(error instanceof SystemError)) throw error;
    if (error.errno === EADDRINUSE && isOther) {
      throw fail("it exists already and is no socket; choose another name");
    }
    throw fail(reason(error, owner, parent, directory >= 0));
  }
  const held = privateDirectory(mounts, listeners, directory);
  directory = held.fd;
  const made = mounts.identify(directory, name);
  let removed = false;
  const removeName = () => {
    if (removed) return;
    removed = true;
    const now = mounts.identify(directory, name);
    if (
      made !== undefined && now?.inode === made.inode &&
      now.device === made.device
    ) {
      listeners.unlink(directory, name);
    }
    listeners.close(directory);
  };
  // The group of a mode without rights for it may be any.
  if (
    made?.uid !== owner.uid || made.mode !== mode ||
    made.gid !== owner.gid && (mode & GROUP) !== 0
  ) {
    removeName();
    listeners.close(fd);
    throw fail(
      "its directory gives it another group or mode (a set-group-ID bit, or a default ACL); choose another directory",
    );
  }
  return { fd, directory: held, removeName };
}

/**
 * The last name of a path.
 *
 * @throws {StartError} where it is none that a socket can have
 */
export function nameOf(path: string): string {
  const name = lastName(path);
  if (name !== "" && name !== "." && name !== "..") return name;
  throw new StartError(
    `Cannot make ${path}: it names a directory; add the name of a socket`,
  );
}

/**
 * Replaces the directory by a private mount of it, if the kernel permits one: an
 * open directory of the host would be a way out of the jail.
 */
function privateDirectory(
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

/** Why the socket could not be made, and what to do. @param hasDirectory whether its directory was opened */
function reason(
  { call, errno }: SystemError,
  { uid, gid }: Owner,
  parent: string,
  hasDirectory: boolean,
): string {
  if (errno === EADDRINUSE) {
    return "it exists already; remove it if no other helper uses it";
  }
  if (errno === ENOENT && !hasDirectory) {
    return `there is no directory ${parent}; make it first`;
  }
  if (errno === EINVAL && call === "setfsuid") {
    return `its owner, user ${uid} and group ${gid}, is not mapped in this user namespace; choose one that is`;
  }
  if (errno === ENOTDIR) return `${parent} is not a directory`;
  return errnoText(errno);
}
