/**
 * Starts a helper, ours or the original, in each way in which it can be started.
 *
 * @module
 */
import { deepEqual, doesNotMatch, equal } from "node:assert/strict";
import { Client } from "../../src/proxy/client/client.ts";
import type { Connection } from "../../src/proxy/client/connection.ts";
import { connectionPair, connectTo } from "./connections.ts";
import { Mark } from "./processes.ts";
import {
  type Outcome,
  type ProgramOptions,
  run,
  RunningProgram,
} from "./programs.ts";
import { done } from "./said.ts";
import { type ExportWorkspace, exportWorkspace } from "./workspace.ts";

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

/** What is run, and around it. */
interface CommandOptions extends ProgramOptions {
  readonly implementation?: Implementation;
  /** Another program than `implementation` says, and its first arguments. */
  readonly program?: readonly string[];
  /** Grants to run with, past the launcher. */
  readonly grants?: readonly string[];
  readonly args?: readonly string[];
}

/** How a helper is started: by default in the foreground, on one end of a socket pair. */
export interface HelperOptions extends CommandOptions {
  /** The directory to export; that of `place` where not given. */
  readonly directory?: string;
  /** Has a directory to export, and room for a socket; a new one, which goes with the helper, where not given. */
  readonly place?: Pick<ExportWorkspace, "export" | "socket">;
  /**
   * Put before the program: `["unshare", "-Urm"]`. A function makes the whole
   * command, from the one that would run without it, which ends with the number
   * of the passed descriptor, and from that number.
   */
  readonly wrapper?:
    | readonly string[]
    | ((command: readonly string[], fd: number) => readonly string[]);
  /** To go to the background. */
  readonly background?: boolean;
  /** The path of a socket to make, in place of a socket pair; true is that of `place`. */
  readonly socket?: string | true;
  /** Who may connect to `socket`; root where not given. */
  readonly owner?: readonly [uid: number | string, gid: number | string];
  /** Options of systemd-socket-activate, which makes `socket` and starts the helper when somebody connects. */
  readonly activation?: readonly string[];
}

/** Options for an export that the helper may only read. */
export function withoutWriteGrant(directory: string): HelperOptions {
  return { directory, grants: [`--allow-read=${directory}`] };
}

/** The command of `deno run` that the launcher would make, with `grants` for its own. */
export function denoCommand(
  grants: readonly string[],
  script = `${ROOT}/src/main.ts`,
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
export class RunningHelper extends RunningProgram {
  /** The host's path of what it exports. */
  readonly directory: string;
  /** The path of its named socket; empty where it has none. */
  readonly socket: string;
  readonly #connect: () => Connection;
  readonly #place: Disposable | undefined;
  #client: Client | undefined;
  #background: number | undefined;

  /** Talks to it by `socket`: one end of a socket pair, or a path. Disposal is that of `place`, too. */
  constructor(
    command: readonly string[],
    socket: Connection | string,
    options: ProgramOptions & { readonly directory: string },
    place?: Disposable,
  ) {
    super(command, options);
    this.directory = options.directory;
    this.#place = place;
    this.socket = typeof socket === "string" ? socket : "";
    if (typeof socket !== "string") this.#client = new Client(socket);
    this.#connect = () => connectTo(String(socket));
  }

  /** Connects to a named socket when it is first asked for. */
  get client(): Client {
    return this.#client ??= new Client(this.#connect());
  }

  get connection(): Connection {
    return this.client.connection;
  }

  /** The process in the background, where it is there. */
  override get pid(): number {
    return this.#background ?? super.pid;
  }

  /** Resolves when the process that was started has ended, and has left one in the background. */
  async background(): Promise<void> {
    const { code, stderr } = await super.end();
    if (code !== 0) throw new Error(`Cannot start: ${stderr}`);
    this.#background = this.mark.pid;
  }

  override kill(signal: Deno.Signal): void {
    if (this.#background === undefined) super.kill(signal);
    else Deno.kill(this.#background, signal);
  }

  /** Resolves when it has ended. How one in the background has is not known: the outcome is that of the process that was started. */
  override async end(): Promise<Outcome> {
    const outcome = await super.end();
    if (this.#background !== undefined) await this.mark.gone();
    return outcome;
  }

  /** Ends the connection and waits for the helper to go. */
  async stop(): Promise<Outcome> {
    this.#client?.close();
    return await this.end();
  }

  /** The same, and it must end well. Returns all that it has printed. */
  async finish(): Promise<string> {
    this.#client?.close();
    return await this.endWell();
  }

  /** Sends a signal, if one is given, and waits for a good end. Returns all that it has printed. */
  async endWell(signal?: Deno.Signal): Promise<string> {
    if (signal !== undefined) this.kill(signal);
    const { code, output } = await this.end();
    equal(code, 0, output);
    return output;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.close();
    await super[Symbol.asyncDispose]();
    this.#place?.[Symbol.dispose]();
  }
}

function programOf(
  { implementation, program, grants }: CommandOptions,
): readonly string[] {
  if (program !== undefined) return program;
  if (grants !== undefined) return denoCommand(grants);
  return [implementation === "original" ? ORIGINAL : helperPath()];
}

function withEnvironment(options: CommandOptions): ProgramOptions {
  if (options.grants === undefined) return options;
  return { ...options, env: { DENO_NO_UPDATE_CHECK: "1", ...options.env } };
}

/**
 * Starts a helper. Waits until a named socket can be connected to, or until it
 * is in the background; else a request waits until it serves.
 */
export async function startHelper(
  options: HelperOptions = {},
): Promise<RunningHelper> {
  const { directory: given, owner = [0, 0], activation, background } = options;
  const { wrapper = [] } = options;
  const own = given === undefined && options.place === undefined
    ? exportWorkspace()
    : undefined;
  const place = options.place ?? own;
  const directory = given ?? place!.export;
  const socket = options.socket === true ? place!.socket : options.socket;
  const pair = socket === undefined ? connectionPair() : undefined;
  const mark = options.mark ?? new Mark();
  let listening: readonly string[] = [];
  if (pair !== undefined) listening = ["-f", String(pair.fd)];
  else if (activation === undefined) {
    listening = ["-s", socket!, "-u", `${owner[0]}`, "-g", `${owner[1]}`];
  }
  const plain = [
    ...activation === undefined ? [] : [
      ...["systemd-socket-activate", "-l", socket!, ...activation],
      // It passes no variable on unless told to.
      ...["-E", `DENO=${Deno.execPath()}`, "-E", mark.entry],
    ],
    ...programOf(options),
    ...background ? [] : ["-n"],
    ...options.args ?? [],
    ...["-p", directory, ...listening],
  ];
  const helper = new RunningHelper(
    typeof wrapper === "function"
      ? wrapper(plain, pair?.fd ?? -1)
      : [...wrapper, ...plain],
    pair?.connection ?? socket!,
    { ...withEnvironment(options), mark, directory },
    own,
  );
  try {
    if (activation !== undefined) await helper.says(/Listening on /);
    else if (background) await helper.background();
    else if (socket !== undefined) await helper.says(/Listening for /);
  } catch (error) {
    await helper[Symbol.asyncDispose]();
    throw error;
  } finally {
    pair?.connection.closeDescriptor(pair.fd);
  }
  return helper;
}

/** Starts a helper and asks it for its root: it serves. */
export async function startServing(
  options: HelperOptions = {},
): Promise<RunningHelper> {
  const helper = await startHelper(options);
  try {
    done(helper.client.lstat("/"));
  } catch (error) {
    await helper[Symbol.asyncDispose]();
    throw new Error(`It does not serve: ${helper.output}`, { cause: error });
  }
  return helper;
}

/** Starts a helper that has to refuse to serve. Returns all that it has printed. */
export async function refusal(options: HelperOptions = {}): Promise<string> {
  await using helper = await startHelper(options);
  const { code, output } = await helper.stop();
  equal(code, 1, output);
  doesNotMatch(output, /Serving/);
  return output;
}

/** Runs the helper with nothing but these arguments, to its end. */
export function runHelper(
  options: CommandOptions & { readonly wrapper?: readonly string[] },
): Promise<Outcome> {
  const { wrapper = [], args = [] } = options;
  return run(
    [...wrapper, ...programOf(options), ...args],
    withEnvironment(options),
  );
}

/**
 * Runs the helper in a start that has to fail, with status 1, nothing on stdout
 * and no process left. Returns what it has said on stderr.
 */
export async function failedStart(
  options: Parameters<typeof runHelper>[0],
): Promise<string> {
  await using mark = new Mark();
  const { code, stdout, stderr } = await runHelper({ ...options, mark });
  deepEqual({ code, stdout }, { code: 1, stdout: "" }, stderr);
  deepEqual(mark.pids(), []);
  return stderr;
}
