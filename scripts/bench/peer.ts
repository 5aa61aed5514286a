/**
 * What answers: a helper, or an echo, each a process at the other end of a
 * socket pair.
 *
 * @module
 */
import {
  AF_UNIX,
  F_SETFD,
  O_CLOEXEC,
  SOCK_STREAM,
} from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import type { Libc } from "../../ffi/libc.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { startChild } from "../program/children.ts";
import { LoadClient, LoadError, prepare } from "./load.ts";
import type { LOAD_SYMBOLS } from "./symbols.ts";

/** A helper to be measured. */
export interface Contender {
  /** A few letters for the tables. */
  readonly name: string;
  /** The program and what stands before `-n -p DIR -f FD`. */
  readonly command: readonly [string, ...string[]];
  /** Variables for it. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process that answers, and the client that asks it. */
export interface Peer {
  readonly client: LoadClient;
  readonly pid: number;
  /**
   * Ends the connection, and waits until the process has ended.
   *
   * @throws {Error} with what it has printed, where it did not end well
   */
  stop(): Promise<void>;
}

/** Two connected stream sockets that no child inherits. */
export function socketPair(libc: Libc<typeof LOAD_SYMBOLS>): [number, number] {
  const ends = new Int32Array(2);
  const made = libc.symbols.socketpair(
    AF_UNIX,
    SOCK_STREAM | O_CLOEXEC,
    0,
    ends,
  );
  if (made < 0) {
    throw new Error(`Cannot make a socket pair: ${errnoName(libc.errno())}`);
  }
  return [ends[0]!, ends[1]!];
}

/**
 * Starts `contender` on `directory` and returns when it has answered once.
 *
 * @throws {Error} with what it has printed, where it does not answer
 */
export async function startHelper(
  libc: Libc<typeof LOAD_SYMBOLS>,
  { command, env }: Contender,
  directory: string,
): Promise<Peer> {
  const first = prepare(
    libc,
    "the first request",
    encodeRequest("LSTAT", { path: "/" }),
  );
  const peer = startPeer(libc, (fd) => ({
    program: command[0],
    args: [...command.slice(1), "-n", "-p", directory, "-f", String(fd)],
    env: { DENO: Deno.execPath(), ...env },
  }));
  try {
    peer.client.ask(first);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    await peer.stop();
    throw error;
  }
  return peer;
}

/** Starts a C program that sends back whatever it reads: `cat`. */
export function startEcho(libc: Libc<typeof LOAD_SYMBOLS>): Peer {
  return startPeer(libc, (fd) => ({
    // Not sh: Debian's redirects descriptors of one digit only.
    program: "bash",
    args: ["-c", `exec cat <&${fd} >&${fd}`],
    env: {},
  }));
}

/** Starts one that never sleeps, see {@linkcode ./echo.ts}. */
export function startPollingEcho(libc: Libc<typeof LOAD_SYMBOLS>): Peer {
  const path = (name: string) => new URL(name, import.meta.url).pathname;
  return startPeer(libc, (fd) => ({
    program: Deno.execPath(),
    args: [
      ...["run", "-q", "--no-prompt", "--config", path("../../deno.json")],
      ...["-P=measure", path("echo.ts"), String(fd)],
    ],
    env: {},
  }));
}

interface PeerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Starts what `command` makes of the number of the descriptor that is inherited. */
function startPeer(
  libc: Libc<typeof LOAD_SYMBOLS>,
  command: (fd: number) => PeerCommand,
): Peer {
  const [ours, theirs] = socketPair(libc);
  libc.symbols.fcntl(theirs, F_SETFD, 0);
  const { program, args, env } = command(theirs);
  let child: Deno.ChildProcess;
  try {
    child = startChild(program, {
      args: [...args],
      env: { ...env },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    });
  } finally {
    libc.symbols.close(theirs);
  }
  const client = new LoadClient(libc, ours);
  return {
    client,
    pid: child.pid,
    async stop() {
      client.close();
      const [{ success, code, signal }, printed] = await Promise.all([
        child.status,
        new Response(child.stderr).text(),
      ]);
      if (success) return;
      throw new Error(
        `${program} ended with ${signal ?? `status ${code}`}\n${printed}`,
      );
    },
  };
}
