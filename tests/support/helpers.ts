/**
 * Starts a helper, ours or the original, on one end of a socket pair.
 *
 * @module
 */
import { Client } from "../../src/client/client.ts";
import { Connection } from "../../src/client/connection.ts";

/** Which program answers. */
export type Implementation = "ours" | "original";

const LAUNCHER =
  new URL("../../scripts/virtfs-proxy-helper", import.meta.url).pathname;
/** Debian's, from qemu-system-common 7.2. */
export const ORIGINAL = "/usr/lib/qemu/virtfs-proxy-helper";

/** The program that is tested as ours: `$HELPER`, or the launcher. */
export function helperPath(): string {
  const chosen = Deno.env.get("HELPER");
  return chosen ? Deno.realPathSync(chosen) : LAUNCHER;
}

export interface StartOptions {
  readonly implementation?: Implementation;
  /** The directory to export. */
  readonly directory: string;
  /** More arguments, before `-p` and `-f`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Put before the program: `["unshare", "-Urm"]`. */
  readonly wrapper?: readonly string[];
}

/** A helper that runs, and the client that talks to it. */
export interface RunningHelper extends AsyncDisposable {
  readonly client: Client;
  readonly connection: Connection;
  readonly pid: number;
  /** What it has printed, once it has ended. */
  readonly output: Promise<string>;
  readonly status: Promise<Deno.CommandStatus>;
  kill(signal: Deno.Signal): void;
  /** Ends the connection and waits for the helper to go. */
  stop(): Promise<{ code: number; signal: Deno.Signal | null; output: string }>;
}

/** Starts a helper. Does not wait for it to serve: a request does. */
export function startHelper(options: StartOptions): RunningHelper {
  const { connection, fd } = Connection.pair();
  const [program, ...first] = [
    ...(options.wrapper ?? []),
    options.implementation === "original" ? ORIGINAL : helperPath(),
  ];
  const child = new Deno.Command(program!, {
    args: [
      ...first,
      "-n",
      ...(options.args ?? []),
      "-p",
      options.directory,
      "-f",
      String(fd),
    ],
    env: { DENO: Deno.execPath(), ...options.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  connection.closeDescriptor(fd);
  const output = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]).then((texts) => texts.join(""));
  const client = new Client(connection);
  let ended = false;
  const status = child.status.finally(() => ended = true);
  async function stop() {
    client.close();
    const { code, signal } = await status;
    return { code, signal, output: await output };
  }
  return {
    client,
    connection,
    pid: child.pid,
    output,
    status,
    kill: (signal) => child.kill(signal),
    stop,
    async [Symbol.asyncDispose]() {
      if (!ended) await stop();
    },
  };
}
