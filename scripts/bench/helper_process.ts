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
    const [{ success, code, signal }, printed] = await Promise.all([
      child.status,
      new Response(child.stderr).text(),
    ]);
    if (success) return;
    throw new Error(
      `${program} ended with ${signal ?? `status ${code}`}\n${printed}`,
    );
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
