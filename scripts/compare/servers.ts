/**
 * Servers that give a guest a directory. Each is started as its manual says,
 * with its defaults, and has to make a file before it is looked at.
 *
 * @module
 */
import { O_CREAT, O_DIRECTORY, O_RDONLY, O_RDWR } from "../../ffi/constants.ts";
import { findParts, findProgram, isInstalled } from "../guest/programs.ts";
import { endChild, startChild } from "../program/children.ts";
import { Made } from "../program/clean_up.ts";
import {
  type Command,
  LAUNCHER,
  startHelper,
} from "../program/proxy_helper.ts";
import { VHOST_LAUNCHER } from "../program/vhost_helper.ts";
import { DiodClient } from "./diod.ts";
import { useByGuest } from "./virtiofs_guest.ts";

/** What a server is started with. */
export interface Directories {
  /** The directory that it exports, with a directory `inner`; everyone may write. */
  readonly share: string;
  /** A directory that it inherits open. */
  readonly leftOpen: string;
  /** For everything else. */
  readonly scratch: string;
}

/** A server that serves a client. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** A descriptor of the export's `inner` that its client was given, or undefined where clients get none. */
  readonly directory?: number;
}

export interface Server {
  /** Its name on the command line. */
  readonly name: string;
  readonly title: string;
  /** Its program and where that comes from: `Debian: diod`. */
  readonly program: string;
  readonly origin: string;
  readonly command: readonly string[];
  start(directories: Directories): Promise<Running>;
}

/** The server could not be measured here; the message says why. */
export class NotMeasured extends Error {
  override name = "NotMeasured";
}

const USER = 1000;
const LIMIT_MS = 20_000;
/** Where no other diod listens. */
const DIOD_ADDRESS = [127, 9, 9, 9];
const DIOD_PORT = 5640;

/** @throws {NotMeasured} where the program is not installed */
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
  const command = [what.program, "-n"];
  return {
    ...what,
    command: [...command, "-p", "DIR", "-f", "FD"],
    async start({ share, leftOpen }) {
      need(what);
      const { client, process } = await startHelper(
        wrapped(command, leftOpen),
        share,
        SILENT,
      ).catch((error) => {
        throw new NotMeasured(error.message);
      });
      const stop = async () => {
        client.close();
        await process.status;
      };
      const flags = O_RDWR | O_CREAT;
      const made = client.create("/made", flags, 0o600, USER, USER).value;
      const opened = client.open("/inner", O_RDONLY | O_DIRECTORY).value;
      if (made === undefined || opened === undefined) {
        await stop();
        throw new NotMeasured("it opens no file");
      }
      client.connection.closeDescriptor(made);
      return {
        pid: process.pid,
        directory: opened,
        [Symbol.asyncDispose]: stop,
      };
    },
  };
}

export const OURS: Server = proxyHelper({
  name: "this",
  title: "this",
  program: LAUNCHER,
  origin: "this checkout",
});

/**
 * A virtiofsd, or what takes its place, with a guest that mounts what it serves.
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
    async start(directories) {
      need({ ...what, program });
      const { parts, packages } = findParts();
      if (parts === undefined) {
        throw new NotMeasured(
          `its guest needs ${packages.join(", ")} of Debian`,
        );
      }
      const socket = `${directories.scratch}/socket`;
      const pidFile = new Made(() => removePidFile(socket));
      const server = spawn(
        [...command, `--socket-path=${socket}`, ...share(directories.share)],
        directories,
      );
      try {
        await until(server, () => isInstalled(socket));
        const qemu = await useByGuest(parts, socket, directories.scratch);
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

export const OURS_FOR_VIRTIOFS: Server = virtiofsd(
  { name: "this-vhost", title: "this, vhost", origin: "this checkout" },
  [VHOST_LAUNCHER],
  (directory) => [`--shared-dir=${directory}`],
);

/** QEMU's virtiofsd leaves it behind. */
async function removePidFile(socket: string): Promise<void> {
  const name = socket.replaceAll("/", ".");
  await new Deno.Command("setpriv", {
    args: ["rm", "-f", "--", `/run/virtiofsd/${name}.pid`],
  }).output();
}

export const DIOD: Server = {
  name: "diod",
  title: "diod",
  program: "diod",
  origin: "Debian: diod",
  command: ["diod", "-f", "-n", "-e", "DIR", "-l", "127.0.0.1:5640"],
  async start(directories) {
    need(DIOD);
    const server = spawn([
      ...["diod", "-f", "-n", "-L", "stderr", "-e", directories.share],
      ...["-l", `${DIOD_ADDRESS.join(".")}:${DIOD_PORT}`],
    ], directories);
    let client: DiodClient | undefined;
    const stop = async () => {
      client?.[Symbol.dispose]();
      await endChild(server);
    };
    try {
      await until(server, () => (client = connect()) !== undefined);
      client?.use(directories.share, USER, "made");
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

/**
 * A command that is started by root who has supplementary groups, no limit on
 * core dumps, and a directory open for something else.
 */
function wrapped(command: readonly string[], leftOpen: string): Command {
  return [
    ...["setpriv", "--pdeathsig", "KILL", "--groups", "4,27", "sh", "-c"],
    ...['ulimit -c unlimited; exec 9<"$0" && exec "$@"', leftOpen, ...command],
  ] as [string, ...string[]];
}

/** Output is not read: a pipe would be one descriptor more to count. */
const SILENT = { stdin: "null", stdout: "null", stderr: "null" } as const;

function spawn(
  command: readonly string[],
  { leftOpen }: Directories,
): Deno.ChildProcess {
  const [program, ...args] = wrapped(command, leftOpen);
  return startChild(program, { ...SILENT, args });
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
