/**
 * A helper that a program of this checkout starts, with a client for it.
 *
 * @module
 */
import { openLibc } from "../../ffi/libc.ts";
import { MEMORY_SYMBOLS } from "../../ffi/symbols/memory.ts";
import { Client, Connection } from "../../mod.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { startChild } from "./children.ts";

export const LAUNCHER = new URL("../virtfs-proxy-helper", import.meta.url)
  .pathname;

/** A program, and arguments for it. */
export type Command = readonly [string, ...string[]];

/**
 * The command that starts `program` as root: where the caller is not root, as
 * root of a user namespace in which no other user exists.
 */
export function asRoot(program: string): Command {
  return Deno.uid() === 0
    ? [program]
    : ["unshare", "--user", "--map-root-user", "--mount", program];
}

/** The command that starts the launcher as root. */
export const launcher = (): Command => asRoot(LAUNCHER);

/** A helper that serves a client. */
export interface ServingHelper {
  readonly process: Deno.ChildProcess;
  /** The helper ends when it is closed. */
  readonly client: Client;
}

/**
 * Starts a helper on `directory`, and resolves when it has answered once.
 *
 * @param command stands before `-p DIRECTORY -f FD`
 * @throws {ConnectionError} where it does not answer; it has ended then
 */
export async function startHelper(
  [program, ...args]: Command,
  directory: string,
  options: Deno.CommandOptions = {},
): Promise<ServingHelper> {
  const { connection, fd } = Connection.pair();
  const process = startChild(program, {
    stdin: "null",
    ...options,
    args: [...args, "-p", directory, "-f", String(fd)],
    env: { DENO: Deno.execPath(), ...options.env },
  });
  connection.closeDescriptor(fd);
  const client = new Client(connection);
  try {
    connection.send(encodeRequest("LSTAT", { path: "/" }));
    await readable(connection.fd);
    connection.receiveFrame();
  } catch (error) {
    client.close();
    await process.status;
    throw error;
  }
  return { process, client };
}

const POLL_SYMBOLS = {
  ...MEMORY_SYMBOLS,
  // int poll(struct pollfd *fds, nfds_t count, int timeout)
  poll: {
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;
const POLLIN = 1;
const FOREVER = -1;

/**
 * Resolves when there are bytes to read from `fd`, or the other end has closed.
 * Unlike a read it lets listeners to signals run meanwhile.
 */
async function readable(fd: number): Promise<void> {
  const libc = openLibc(POLL_SYMBOLS);
  // struct pollfd: int fd, short events, short revents
  const entry = new Int32Array([fd, POLLIN]);
  await libc.symbols.poll(entry, 1n, FOREVER);
  libc.close();
}
