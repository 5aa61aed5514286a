/**
 * Listening sockets.
 *
 * @module
 */
import {
  AF_UNIX,
  SO_PEERCRED,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants.ts";
import type { Libc } from "./libc.ts";
import { cString } from "./memory.ts";
import type { DESCRIPTOR_SYMBOLS } from "./symbols/descriptors.ts";
import type { SOCKET_SYMBOLS } from "./symbols/sockets.ts";
import { thrower } from "./system_error.ts";
import { pathAddress } from "./unix_address.ts";

/** Who is at the other end, SO_PEERCRED of unix(7), as seen in our user namespace. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** What fails throws a SystemError, unless said otherwise. */
export type ListenerCalls = ReturnType<typeof listenerCalls>;

export function listenerCalls(
  libc: Libc<typeof DESCRIPTOR_SYMBOLS & typeof SOCKET_SYMBOLS>,
) {
  const c = libc.symbols;
  const must = thrower(libc);
  return {
    create: (): number =>
      must(
        "socket",
        c.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
      ),

    /** Makes the name; EADDRINUSE for anything that is there, a dangling symlink too. */
    bind(fd: number, path: string): void {
      const address = pathAddress(path);
      must("bind", c.bind(fd, address, address.length));
    },

    listen: (fd: number): void => {
      must("listen", c.listen(fd, 1));
    },

    /** A connection, or a negative errno. */
    accept(fd: number): number {
      const got = c.accept4(fd, null, null, SOCK_CLOEXEC);
      return got < 0 ? -libc.errno() : got;
    },

    peer(fd: number): Peer {
      const credentials = new Uint32Array(3);
      const length = new Uint32Array([12]);
      must(
        "getsockopt",
        c.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length),
      );
      const [pid = 0, uid = 0, gid = 0] = credentials;
      return { pid, uid, gid };
    },

    /** Removes a name; does not report failure. */
    unlink: (directory: number, name: string): void => {
      c.unlinkat(directory, cString(name), 0);
    },

    close: (fd: number): void => {
      c.close(fd);
    },
  };
}
