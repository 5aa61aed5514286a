/**
 * Starts a helper, ours or the original, on one end of a socket pair.
 *
 * @module
 */
import { Client } from "../../src/proxy/client/client.ts";
import type { Connection } from "../../src/proxy/client/connection.ts";
import { connectionPair } from "./connections.ts";

/** Which program answers. */
export type Implementation = "ours" | "original";

const ROOT = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** The launcher of this checkout. */
export const LAUNCHER = `${ROOT}/scripts/virtfs-proxy-helper`;
/** Debian's, from qemu-system-common 7.2. */
export const ORIGINAL = "/usr/lib/qemu/virtfs-proxy-helper";

/** The program that is tested as ours: `$HELPER`, or the launcher. */
export function helperPath(): string {
  const chosen = Deno.env.get("HELPER");
  return chosen ? Deno.realPathSync(chosen) : LAUNCHER;
}

export interface StartOptions {
  /** `ours` is what `$HELPER` says; `launcher` is the launcher in any case. */
  readonly implementation?: Implementation | "launcher";
  /** The directory to export. */
  readonly directory: string;
  /** More arguments, before `-p` and `-f`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Put before the program: `["unshare", "-Urm"]`. */
  readonly wrapper?: readonly string[];
  /** Another program than `implementation` says. */
  readonly program?: string;
  /** Grants to run with, past the launcher. */
  readonly grants?: readonly string[];
}

/** Options for an export that the helper may only read. */
export function withoutWriteGrant(directory: string): StartOptions {
  return { directory, grants: [`--allow-read=${directory}`] };
}

/** The command of `deno run` that the launcher would make, with `grants` for its own. */
export function denoCommand(
  grants: readonly string[],
  script = `${ROOT}/mod.ts`,
): string[] {
  return [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    "--no-code-cache",
    "--config",
    `${ROOT}/deno.json`,
    "-P=helper",
    ...grants,
    script,
  ];
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

function program(options: StartOptions): string[] {
  const { implementation, grants } = options;
  if (options.program !== undefined) return [options.program];
  if (grants !== undefined) return denoCommand(grants);
  switch (implementation) {
    case "original":
      return [ORIGINAL];
    case "launcher":
      return [LAUNCHER];
    default:
      return [helperPath()];
  }
}

/** Starts a helper. Does not wait for it to serve: a request does. */
export function startHelper(options: StartOptions): RunningHelper {
  const { connection, fd } = connectionPair();
  const [command, ...first] = [
    ...(options.wrapper ?? []),
    ...program(options),
  ];
  const child = new Deno.Command(command!, {
    args: [
      ...first,
      "-n",
      ...(options.args ?? []),
      "-p",
      options.directory,
      "-f",
      String(fd),
    ],
    env: {
      DENO: Deno.execPath(),
      ...options.grants === undefined ? {} : { DENO_NO_UPDATE_CHECK: "1" },
      ...options.env,
    },
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
  const { status } = child;
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
      await stop();
    },
  };
}
