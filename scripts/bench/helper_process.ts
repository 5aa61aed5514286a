/**
 * A helper that runs, at the other end of a socket pair.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { giveAway, socketPair } from "../guest/socket_pair.ts";
import { startChild } from "../program/children.ts";
import { LoadClient, LoadError, prepare } from "./load.ts";
import type { LOAD_SYMBOLS } from "./symbols.ts";

/** A helper to be measured. */
export interface HelperCommand {
  /** A few letters for the tables. */
  readonly name: string;
  /** The program and what stands before `-n -p DIR -f FD`. */
  readonly command: readonly [string, ...string[]];
  /** Variables for it. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A helper, and the client that asks it. */
export interface HelperProcess {
  readonly client: LoadClient;
  readonly pid: number;
  /**
   * Ends the connection, and waits until the helper has ended.
   *
   * @throws {Error} with what it has printed, where it did not end well
   */
  stop(): Promise<void>;
}

/** How a helper has ended: its status, and what it has printed to stderr. */
export interface Ended {
  readonly success: boolean;
  readonly said: string;
}

/** Resolves when a child has ended whose stderr is piped. */
export async function ended(child: Deno.ChildProcess): Promise<Ended> {
  const { success, code, signal, stderr } = await child.output();
  const printed = new TextDecoder().decode(stderr);
  return { success, said: `${signal ?? `status ${code}`}\n${printed}` };
}

/**
 * Starts a helper on `directory` and returns when it has answered once.
 *
 * @throws {Error} with what it has printed, where it does not answer
 */
export async function startHelper(
  libc: Libc<typeof LOAD_SYMBOLS>,
  { command: [program, ...args], env }: HelperCommand,
  directory: string,
): Promise<HelperProcess> {
  const first = prepare(
    libc,
    "the first request",
    encodeRequest("LSTAT", { path: "/" }),
  );
  const [ours, theirs] = socketPair(libc);
  const child = giveAway(libc, theirs, (fd) =>
    startChild(program, {
      args: [...args, "-n", "-p", directory, "-f", String(fd)],
      env: { DENO: Deno.execPath(), ...env },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }));
  const client = new LoadClient(libc, ours);
  const stop = async () => {
    client.close();
    const { success, said } = await ended(child);
    if (!success) throw new Error(`${program} ended with ${said}`);
  };
  try {
    client.ask(first);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    await stop();
    throw error;
  }
  return { client, pid: child.pid, stop };
}
