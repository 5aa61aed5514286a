/**
 * Servers that give a guest a directory, each started as its manual says, with
 * its own defaults, and used once.
 *
 * @module
 */
import { O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR } from "../../ffi/constants.ts";
import { Client } from "../../src/client/client.ts";
import { Connection } from "../../src/client/connection.ts";
import { findParts } from "../guest/programs.ts";
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
  readonly title: string;
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

/** A helper of QEMU's proxy driver, on one end of a socket pair. */
export function proxyHelper(title: string, program: string): Server {
  const command = [program, "-n"];
  return {
    title,
    command: [...command, "-p", "DIR", "-f", "FD"],
    async start(scene) {
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
        throw new NotMeasured(`${program}: ${error}`);
      }
    },
  };
}

/** Ours, by its launcher. */
export const OURS: Server = proxyHelper("this", LAUNCHER);

/** A virtiofsd, with a guest that mounts what it serves. */
export function virtiofsd(
  title: string,
  program: readonly string[],
  share: (directory: string) => readonly string[],
): Server {
  return {
    title,
    command: [...program, "--socket-path=SOCKET", ...share("DIR")],
    async start(scene) {
      const { parts, packages } = findParts();
      if (parts === undefined) {
        throw new NotMeasured(`a guest needs ${packages.join(", ")}`);
      }
      const socket = `${scene.scratch}/socket`;
      const server = spawn(
        [...program, `--socket-path=${socket}`, ...share(scene.share)],
        scene,
      );
      try {
        await until(server, () => exists(socket));
        const qemu = await useByGuest(parts, socket, scene.scratch);
        return {
          pid: server.pid,
          async [Symbol.asyncDispose]() {
            qemu.kill("SIGTERM");
            await qemu.stdin.close().catch(() => {});
            await qemu.status;
            await server.status;
            await removePidFile(socket);
          },
        };
      } catch (error) {
        kill(server);
        await server.status;
        throw new NotMeasured(`${program[0]}: ${error}`);
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
  title: "diod",
  command: ["diod", "-f", "-n", "-e", "DIR", "-l", "127.0.0.1:5640"],
  async start(scene) {
    const server = spawn([
      ...["diod", "-f", "-n", "-L", "stderr", "-e", scene.share],
      ...["-l", `${DIOD_ADDRESS.join(".")}:${DIOD_PORT}`],
    ], scene);
    let client: DiodClient | undefined;
    const stop = async () => {
      client?.[Symbol.dispose]();
      kill(server);
      await server.status;
    };
    try {
      await until(server, () => (client = connect()) !== undefined);
      client?.use(scene.share, USER, "made");
      return { pid: server.pid, [Symbol.asyncDispose]: stop };
    } catch (error) {
      await stop();
      throw new NotMeasured(`diod: ${error}`);
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
  return new Deno.Command("setpriv", {
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
  }).spawn();
}

function kill(process: Deno.ChildProcess): void {
  try {
    process.kill("SIGTERM");
  } catch (error) {
    // It has ended by itself.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Resolves when `holds`, or rejects when the server has ended without. */
async function until(
  server: Deno.ChildProcess,
  holds: () => boolean,
): Promise<void> {
  let ended = false;
  void server.status.then(() => ended = true);
  const end = performance.now() + LIMIT_MS;
  while (!holds()) {
    if (ended) throw new Error("it has ended at once");
    if (performance.now() > end) throw new Error("it does not listen");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
