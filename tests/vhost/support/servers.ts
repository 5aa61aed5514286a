/**
 * Back ends for tests: ours, and two of Debian's virtiofsd.
 *
 * @module
 */
import { isInstalled } from "../../../scripts/guest/programs.ts";
import {
  FrontEnd,
  type FrontEndOptions,
} from "../../../src/vhost_user_fs/client/front_end.ts";
import { System } from "../../../src/vhost_user_fs/client/system.ts";
import { HELPER, LAUNCHER } from "./helper.ts";
import { trixieVirtiofsd } from "./trixie.ts";

/** Which program answers: ours, virtiofsd 1.13 (Rust), virtiofsd 7.2 (QEMU's, in C). */
export type Server = "ours" | "1.13" | "7.2";

/** Where another program than the launcher is tried, the others were tried beside that. */
export const SERVERS: readonly Server[] = HELPER === LAUNCHER
  ? ["ours", "1.13", "7.2"]
  : ["ours"];

const C_VIRTIOFSD = "/usr/lib/qemu/virtiofsd";

/** What the program is told, in words that all three have. */
export interface ServerOptions {
  readonly xattr?: boolean;
  readonly cache?: "auto" | "always" | "never" | "metadata";
  readonly readOnly?: boolean;
  readonly killprivV2?: boolean;
  /** Words of the program's own. */
  readonly args?: readonly string[];
  /** By an end of a socket pair that is connected already, and not by a socket that listens. */
  readonly connected?: boolean;
  /** Before the program: taskset, strace. */
  readonly wrapper?: readonly string[];
}

/** A back end that runs. */
export interface RunningServer extends AsyncDisposable {
  readonly pid: number;
  readonly frontEnd: FrontEnd;
  readonly system: System;
  /** The path at which it listens. */
  readonly socket: string;
  /** What it has printed, once it has ended. */
  readonly output: Promise<string>;
  kill(signal: Deno.Signal): void;
  /** Ends the connection, and returns how the program ended. */
  stop(): Promise<{ readonly ending: string; readonly output: string }>;
}

/** The program's command, undefined where it is not there. */
export function command(server: Server): string[] | undefined {
  switch (server) {
    case "ours":
      return [HELPER];
    case "1.13":
      return trixieVirtiofsd();
    case "7.2":
      return isInstalled(C_VIRTIOFSD) ? [C_VIRTIOFSD] : undefined;
  }
}

/** What to say where a server is not there. */
export const MISSING: Readonly<Record<Server, string>> = {
  ours: HELPER,
  "1.13": "virtiofsd 1.13 (fetched from Debian 13)",
  "7.2": `QEMU's virtiofsd, ${C_VIRTIOFSD} (Debian 12: qemu-system-common)`,
};

function words(
  server: Server,
  directory: string,
  options: ServerOptions,
): string[] {
  const { xattr = true, cache = "auto", readOnly, killprivV2 } = options;
  if (server === "7.2") {
    const o = [
      `source=${directory}`,
      `cache=${cache === "never" ? "none" : cache}`,
      xattr ? "xattr" : "no_xattr",
      ...killprivV2 ? ["killpriv_v2"] : [],
    ];
    return ["-o", o.join(",")];
  }
  return [
    `--shared-dir=${directory}`,
    `--cache=${cache}`,
    // What 1.13 does without, and 1.14 and ours perhaps not.
    ...server === "1.13" ? ["--inode-file-handles=never"] : [],
    ...xattr ? ["--xattr"] : [],
    ...readOnly ? ["--readonly"] : [],
    ...killprivV2 ? ["--killpriv-v2"] : [],
  ];
}

/** Starts a server on `directory`; its socket lies in `place`. The front end is connected, and has said nothing. */
export function startServer(
  server: Server,
  directory: string,
  place: string,
  options: ServerOptions = {},
  frontEndOptions: FrontEndOptions = {},
): RunningServer {
  const system = new System();
  const socket = `${place}/vhost.sock`;
  const [ours, theirs] = options.connected
    ? system.socketpair()
    : [undefined, system.listen(socket)];
  system.inherit(theirs, true);
  const [program, ...first] = [
    ...options.wrapper ?? [],
    ...command(server) ?? [MISSING[server]],
  ];
  const child = new Deno.Command(program!, {
    args: [
      ...first,
      `--fd=${theirs}`,
      ...words(server, directory, options),
      ...options.args ?? [],
    ],
    env: { DENO: Deno.execPath() },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  system.close(theirs);
  const output = Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]).then((texts) => texts.join(""));
  const frontEnd = new FrontEnd(
    system,
    ours ?? system.connect(socket),
    frontEndOptions,
  );
  let stopped: Promise<{ ending: string; output: string }> | undefined;
  async function end() {
    frontEnd.close();
    const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const { code, signal } = await child.status;
    clearTimeout(late);
    if (ours === undefined) Deno.removeSync(socket);
    system[Symbol.dispose]();
    return {
      ending: signal === null ? `exit ${code}` : `killed by ${signal}`,
      output: await output,
    };
  }
  const stop = () => stopped ??= end();
  return {
    pid: child.pid,
    frontEnd,
    system,
    socket,
    output,
    kill: (signal) => child.kill(signal),
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}
