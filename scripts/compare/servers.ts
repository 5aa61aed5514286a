/**
 * Servers that give a guest a directory, each started as its manual says, with
 * its own defaults, and used once.
 *
 * @module
 */
import { O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR } from "../../ffi/constants.ts";
import { Client } from "../../src/proxy/client/client.ts";
import { Connection } from "../../src/proxy/client/connection.ts";
import { encodeRequest } from "../../src/proxy/wire/encode.ts";
import { findParts, findProgram, isInstalled } from "../guest/programs.ts";
import { endChild, startChild } from "../program/children.ts";
import { Made } from "../program/clean_up.ts";
import { readable } from "../program/readable.ts";
import { DiodClient } from "./diod.ts";
import { useByGuest } from "./virtiofs_guest.ts";

/** Where a server is started. */
export interface Scene {
  /** The directory that it exports, with a directory `inner`; everyone may write. */
  readonly share: string;
  /** A directory that it inherits open. */
  readonly leftOpen: string;
  /** For everything else. */
  readonly scratch: string;
}

/** A server that serves somebody. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** A descriptor of the export's `inner` that its client was given, or undefined where clients get none. */
  readonly directory?: number;
}

/** One of them. */
export interface Server {
  /** How a command line names it. */
  readonly name: string;
  readonly title: string;
  /** Its program and where that comes from: `Debian: diod`. */
  readonly program: string;
  readonly origin: string;
  readonly command: readonly string[];
  start(scene: Scene): Promise<Running>;
}

/** The server could not be measured here; the message says why. */
export class NotMeasured extends Error {
  override name = "NotMeasured";
}

const USER = 1000;
const LIMIT_MS = 20_000;
/** A diod of our own, not a machine's. */
const DIOD_ADDRESS = [127, 9, 9, 9];
const DIOD_PORT = 5640;

const LAUNCHER = new URL("../virtfs-proxy-helper", import.meta.url).pathname;

/** Refuses to start what is not there. */
function need({ program, origin }: Pick<Server, "program" | "origin">): void {
  const found = program.includes("/")
    ? isInstalled(program)
    : findProgram(program) !== undefined;
  if (!found) throw new NotMeasured(`${program} is not installed (${origin})`);
}

/** A helper of QEMU's proxy driver, on one end of a socket pair. */
export function proxyHelper(
  what: Pick<Server, "name" | "title" | "program" | "origin">,
): Server {
  const { program } = what;
  const command = [program, "-n"];
  return {
    ...what,
    command: [...command, "-p", "DIR", "-f", "FD"],
    async start(scene) {
      need(what);
      const { connection, fd } = Connection.pair();
      const server = spawn(
        [...command, "-p", scene.share, "-f", `${fd}`],
        scene,
      );
      connection.closeDescriptor(fd);
      const client = new Client(connection);
      const stop = async () => {
        client.close();
        await server.status;
      };
      try {
        connection.send(encodeRequest("LSTAT", { path: "/" }));
        await readable(connection.fd);
        connection.receiveFrame();
        const made = client.create(
          "/made",
          O_RDWR | O_CREAT,
          0o600,
          USER,
          USER,
        );
        if (made.value === undefined) throw new Error("it creates no file");
        connection.closeDescriptor(made.value);
        const { value } = client.open("/inner", O_RDONLY | O_DIRECTORY);
        if (value === undefined) throw new Error("it opens no directory");
        return {
          pid: server.pid,
          directory: value,
          [Symbol.asyncDispose]: stop,
        };
      } catch (error) {
        await stop();
        throw await why(server, error);
      }
    },
  };
}

/** Ours, by its launcher. */
export const OURS: Server = proxyHelper({
  name: "this",
  title: "this",
  program: LAUNCHER,
  origin: "this checkout",
});

/**
 * A virtiofsd, with a guest that mounts what it serves.
 *
 * @param command its program, and arguments for it
 * @param share the arguments that name the directory
 */
export function virtiofsd(
  what: Pick<Server, "name" | "title" | "origin">,
  command: readonly string[],
  share: (directory: string) => readonly string[],
): Server {
  const [program = ""] = command;
  return {
    ...what,
    program,
    command: [...command, "--socket-path=SOCKET", ...share("DIR")],
    async start(scene) {
      need({ ...what, program });
      const { parts, packages } = findParts();
      if (parts === undefined) {
        throw new NotMeasured(
          `its guest needs ${packages.join(", ")} of Debian`,
        );
      }
      const socket = `${scene.scratch}/socket`;
      const pidFile = new Made(() => removePidFile(socket));
      const server = spawn(
        [...command, `--socket-path=${socket}`, ...share(scene.share)],
        scene,
      );
      try {
        await until(server, () => isInstalled(socket));
        const qemu = await useByGuest(parts, socket, scene.scratch);
        return {
          pid: server.pid,
          async [Symbol.asyncDispose]() {
            await qemu.stdin.close().catch(() => {});
            await endChild(qemu);
            await server.status;
            await pidFile[Symbol.asyncDispose]();
          },
        };
      } catch (error) {
        throw await why(server, error);
      }
    },
  };
}

/** QEMU's virtiofsd leaves it behind. */
async function removePidFile(socket: string): Promise<void> {
  const name = socket.replaceAll("/", ".");
  await new Deno.Command("setpriv", {
    args: ["rm", "-f", "--", `/run/virtiofsd/${name}.pid`],
  }).output();
}

/** diod, with a client that has attached and made a file. */
export const DIOD: Server = {
  name: "diod",
  title: "diod",
  program: "diod",
  origin: "Debian: diod",
  command: ["diod", "-f", "-n", "-e", "DIR", "-l", "127.0.0.1:5640"],
  async start(scene) {
    need(DIOD);
    const server = spawn([
      ...["diod", "-f", "-n", "-L", "stderr", "-e", scene.share],
      ...["-l", `${DIOD_ADDRESS.join(".")}:${DIOD_PORT}`],
    ], scene);
    let client: DiodClient | undefined;
    const stop = async () => {
      client?.[Symbol.dispose]();
      await endChild(server);
    };
    try {
      await until(server, () => (client = connect()) !== undefined);
      client?.use(scene.share, USER, "made");
      return { pid: server.pid, [Symbol.asyncDispose]: stop };
    } catch (error) {
      client?.[Symbol.dispose]();
      throw await why(server, error);
    }
  },
};

function connect(): DiodClient | undefined {
  try {
    return new DiodClient(DIOD_ADDRESS, DIOD_PORT);
  } catch {
    return undefined;
  }
}

/** By root who has supplementary groups, no limit on core dumps, and a directory open for something else. */
function spawn(
  command: readonly string[],
  { leftOpen }: Scene,
): Deno.ChildProcess {
  return startChild("setpriv", {
    args: [
      ...["--pdeathsig", "KILL", "--groups", "4,27"],
      ...[
        "sh",
        "-c",
        'ulimit -c unlimited; exec 9<"$0" && exec "$@"',
        leftOpen,
      ],
      ...command,
    ],
    env: { DENO: Deno.execPath() },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
}

/** Ends a server that does not serve. */
async function why(
  server: Deno.ChildProcess,
  error: unknown,
): Promise<NotMeasured> {
  await endChild(server);
  return new NotMeasured(error instanceof Error ? error.message : `${error}`);
}

/** Resolves when `holds`, or rejects when the server has ended without. */
async function until(
  server: Deno.ChildProcess,
  holds: () => boolean,
): Promise<void> {
  let ended: Deno.CommandStatus | undefined;
  void server.status.then((status) => ended = status);
  const end = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (ended !== undefined) {
      // Its output is not read: a pipe would be one descriptor more to count.
      throw new Error(
        `it has ended at once with ${
          ended.signal ?? `status ${ended.code}`
        }: start it by hand to see why`,
      );
    }
    if (performance.now() > end) throw new Error("it does not listen");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
