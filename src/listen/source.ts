/**
 * The connection to QEMU: inherited, or accepted on a named socket that the
 * helper makes or systemd has passed.
 *
 * @module
 */
import { groupId, userId } from "../../ffi/accounts.ts";
import { SO_ACCEPTCONN } from "../../ffi/constants.ts";
import type { FileLockCalls } from "../../ffi/file_lock.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { ListenerCalls } from "../../ffi/listener.ts";
import type { MountCalls } from "../../ffi/mounts.ts";
import type { ProcessCalls } from "../../ffi/process.ts";
import type { SocketCalls } from "../../ffi/socket.ts";
import type { START_SYMBOLS } from "../../ffi/symbols/start.ts";
import type { CredentialCalls } from "../../ffi/credentials.ts";
import type { Source } from "../cli/arguments.ts";
import { checkSocket } from "../cli/checks.ts";
import { FIRST_PASSED } from "../process/environment.ts";
import { acceptClient, type Waiting } from "./accept.ts";
import { makeLockedSocket } from "./locked_socket.ts";
import { makeNamedSocket, type NameDirectory } from "./named_socket.ts";
import { StartError, UsageError } from "../errors.ts";

interface Parts {
  readonly libc: Libc<typeof START_SYMBOLS>;
  readonly files: FileLockCalls;
  /** Of this process. */
  readonly pid: number;
  readonly sockets: SocketCalls;
  readonly listeners: ListenerCalls;
  readonly credentials: CredentialCalls;
  readonly process: ProcessCalls;
  readonly mounts: MountCalls;
}

/** The socket in words, for the log. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case "descriptor":
      return `descriptor ${source.fd}`;
    case "named":
    case "locked":
      return source.path;
    case "passed":
      return "the socket that systemd passed";
  }
}

/** The socket that a {@linkcode Source} means, made or checked before the jail is entered. */
export type PreparedSource =
  | { readonly kind: "connection"; readonly fd: number }
  | {
    readonly kind: "listener";
    readonly fd: number;
    /** The user who may connect; undefined for any. */
    readonly uid: number | undefined;
    /** The directory of its name, if the helper has made that. */
    readonly directory: NameDirectory | undefined;
    /** The file that locks its name, if there is one: held as long as the process lives. */
    readonly lock?: number;
    /** Removes the name that the helper has made. May be called more than once. */
    readonly removeName: () => void;
    /** Removes all that the helper has made for it, where the start fails. */
    readonly abandon: () => void;
  };

/**
 * Makes or checks the socket that `source` means.
 *
 * @param passed how many sockets systemd has passed
 * @throws {StartError}
 * @throws {UsageError} where there is no source at all
 */
export function prepareSource(
  parts: Parts,
  source: Source,
  passed: number,
): PreparedSource {
  switch (source.kind) {
    case "descriptor":
      return source.mayListen
        ? prepareInherited(parts.sockets, source.fd, undefined)
        : prepareConnection(parts.sockets, source.fd);
    case "passed":
      return preparePassed(parts, source.uid, passed);
    case "named": {
      const owner = {
        uid: idOf(parts.libc, source.uid, userId, "user"),
        gid: idOf(parts.libc, source.gid, groupId, "group"),
      };
      const socket = makeNamedSocket(parts, source.path, owner);
      const abandon = socket.removeName;
      return { kind: "listener", uid: owner.uid, ...socket, abandon };
    }
    case "locked": {
      const { path, group } = source;
      const gid = group && idOf(parts.libc, group, groupId, "group");
      const socket = makeLockedSocket(parts, path, gid || undefined);
      // Who may connect is a matter of the socket's mode.
      return { kind: "listener", uid: undefined, ...socket };
    }
  }
}

function preparePassed(
  { libc, sockets }: Parts,
  uid: string | undefined,
  passed: number,
): PreparedSource {
  if (passed !== 1) {
    const what = passed === 0
      ? "no socket was given"
      : `${passed} sockets were passed, not one`;
    throw new UsageError(
      `Cannot start: ${what}; add -f FD, or -s SOCKET -u UID -g GID`,
    );
  }
  return prepareInherited(
    sockets,
    FIRST_PASSED,
    uid === undefined ? undefined : idOf(libc, uid, userId, "user"),
  );
}

/** A connection, or a listening socket to which `uid` may connect, or anybody. */
function prepareInherited(
  sockets: SocketCalls,
  fd: number,
  uid: number | undefined,
): PreparedSource {
  checkSocket(sockets, fd, "either");
  if (sockets.option(fd, SO_ACCEPTCONN) !== 1) {
    return { kind: "connection", fd };
  }
  sockets.prepareListener(fd);
  // The name is that of who passes it.
  return {
    ...{ kind: "listener", fd, uid, directory: undefined },
    ...{ removeName() {}, abandon() {} },
  };
}

function prepareConnection(sockets: SocketCalls, fd: number): PreparedSource {
  checkSocket(sockets, fd, "connection");
  return { kind: "connection", fd };
}

function idOf(
  libc: Libc<typeof START_SYMBOLS>,
  text: string,
  look: typeof userId,
  what: "user" | "group",
): number {
  const id = /^\d+$/.test(text) ? Number(text) : look(libc, text);
  if (id === undefined) {
    throw new StartError(
      `Cannot find a ${what} named ${text}: give one that this host has, or a number`,
    );
  }
  return id;
}

/**
 * The connection, after waiting for a client if there is a listener; undefined
 * if a stop is requested before. Closes the listener and removes its name,
 * unless it is to be kept for other clients.
 */
export async function connectionFrom(
  source: PreparedSource,
  waiting: Waiting,
  afterwards: "close" | "keep",
): Promise<number | undefined> {
  if (source.kind === "connection") return source.fd;
  let kept = false;
  try {
    const fd = await acceptClient(waiting, source.fd, source.uid);
    kept = fd !== undefined && afterwards === "keep";
    return fd;
  } finally {
    if (!kept) closeSource(source, waiting.listeners);
  }
}

/** Closes a listener and removes its name. */
export function closeSource(
  source: PreparedSource,
  listeners: ListenerCalls,
): void {
  if (source.kind === "connection") return;
  source.removeName();
  listeners.close(source.fd);
}
