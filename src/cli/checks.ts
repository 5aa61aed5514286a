/**
 * Checks the export and the socket before anything is changed.
 *
 * @module
 */
import {
  AF_UNIX,
  SO_ACCEPTCONN,
  SO_DOMAIN,
  SO_TYPE,
  SOCK_STREAM,
} from "../../ffi/constants.ts";
import type { SocketCalls } from "../../ffi/socket.ts";
import { StartError } from "../errors.ts";

const STDERR = 2;
/** U+FFFD, by which Deno replaces bytes that are not UTF-8. */
const NOT_UTF8 = "\ufffd";

/**
 * Checks that the export is a directory that Deno was permitted to read.
 *
 * @returns whether writing was permitted, too: else the export is read-only
 * @throws {StartError}
 */
export function checkExport(path: string): { writable: boolean } {
  const granted = (name: "read" | "write") =>
    Deno.permissions.querySync({ name, path }).state === "granted";
  if (!granted("read")) {
    throw new StartError(
      `Cannot share ${path}: no read access to it was granted; run deno with --allow-read=${path}, as the launcher does`,
    );
  }
  let isDirectory: boolean;
  try {
    isDirectory = Deno.statSync(path).isDirectory;
  } catch (error) {
    throw new StartError(`Cannot share ${path}: ${reason(error, path)}`);
  }
  if (!isDirectory) {
    throw new StartError(`Cannot share ${path}: not a directory`);
  }
  return { writable: granted("write") };
}

function reason(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotFound) {
    return path.includes(NOT_UTF8)
      ? "no such directory, or its name is not UTF-8, and Deno can't be given such a name: go to the directory and share . instead, as the launcher does"
      : "no such directory";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "no permission to look at it";
  }
  if (error instanceof Deno.errors.NotADirectory) return "not a directory";
  // Whatever was granted.
  if (error instanceof Deno.errors.NotCapable) {
    return "Deno opens nothing in /proc, /sys and /dev for a program with few permissions; share another directory, or a bind mount of this one";
  }
  return error instanceof Error ? error.message : String(error);
}

/**
 * Checks that `fd` is one end of a connection that descriptors can be passed
 * over, or, where that will do as well, a socket that listens for one.
 *
 * @throws {StartError}
 */
export function checkSocket(
  sockets: SocketCalls,
  fd: number,
  wanted: "connection" | "either",
): void {
  const fault = socketFault(sockets, fd, wanted);
  if (fault !== undefined) {
    throw new StartError(`Cannot use descriptor ${fd}: ${fault}`);
  }
}

function socketFault(
  sockets: SocketCalls,
  fd: number,
  wanted: "connection" | "either",
): string | undefined {
  if (fd === STDERR) {
    return "it is stderr, where the log goes; start the helper with the socket inherited under another number";
  }
  // A descriptor that is not inherited belongs to the runtime.
  if (!sockets.isInherited(fd)) {
    return "not open; start the helper with the socket inherited under that number";
  }
  const type = sockets.option(fd, SO_TYPE);
  if (type < 0) return "not a socket";
  if (type !== SOCK_STREAM) return "not a stream socket";
  if (sockets.option(fd, SO_DOMAIN) !== AF_UNIX) {
    return "not a Unix socket, descriptors can't be passed over it";
  }
  if (sockets.option(fd, SO_ACCEPTCONN) === 1) {
    return wanted === "either"
      ? undefined
      : "a listening socket, not a connection";
  }
  if (!sockets.isConnected(fd)) {
    const listener = wanted === "either" ? ", or a socket that listens" : "";
    return `not connected; pass one end of a socketpair(2), or of a connection${listener}`;
  }
  return undefined;
}
