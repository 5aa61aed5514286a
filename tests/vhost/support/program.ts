/**
 * The program as its callers start it, and a front end that connects to it.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { FrontEnd } from "../../../src/vhost_user_fs/client/front_end.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import { System } from "../../../src/vhost_user_fs/client/system.ts";
import {
  type Outcome,
  type ProgramOptions,
  run,
  RunningProgram,
} from "../../support/programs.ts";
import type { ExportWorkspace } from "../../support/workspace.ts";
import { HELPER } from "./helper.ts";

/** Where the connection comes from, and what stands for it in arguments. */
export type Way =
  /** `FD`, a socket that listens. */
  | "listener"
  /** `FD`, one end of a connection. */
  | "connection"
  /** `SOCKET`, which the program makes. */
  | "path";

export interface StartOptions extends ProgramOptions {
  /** The program and what stands before its arguments; {@linkcode HELPER} where not given. */
  readonly program?: readonly string[];
}

/** Runs the program to its end. */
export const runProgram = (
  args: readonly string[],
  { program = [HELPER], ...options }: StartOptions = {},
): Promise<Outcome> => run([...program, ...args], options);

/** The program, and the one who talks to it. */
export class StartedProgram extends RunningProgram {
  readonly #system: System;
  readonly #connect: () => number | Promise<number>;

  constructor(
    command: readonly string[],
    options: ProgramOptions,
    system: System,
    connect: (program: RunningProgram) => number | Promise<number>,
  ) {
    super(command, options);
    this.#system = system;
    this.#connect = () => connect(this);
  }

  /** Connects, as a VMM does when the program is there. */
  async connect(): Promise<FrontEnd> {
    return new FrontEnd(this.#system, await this.#connect());
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    this.#system[Symbol.dispose]();
  }
}

/** Starts it. `DIR`, `FD` and `SOCKET` in `args` are the directory, the descriptor and the name of the socket. */
export function startProgram(
  { export: directory, socket }: Pick<ExportWorkspace, "export" | "socket">,
  way: Way,
  args: readonly string[],
  { program = [HELPER], ...options }: StartOptions = {},
): StartedProgram {
  const system = new System();
  const [connected, fd] = way === "connection"
    ? system.socketpair()
    : [-1, way === "listener" ? system.listen(socket) : -1];
  if (way === "listener") system.inherit(fd, true);
  const words = args.map((arg) =>
    arg.replaceAll("SOCKET", socket).replaceAll("DIR", directory)
      .replaceAll("FD", String(fd))
  );
  const started = new StartedProgram(
    [...program, ...words],
    options,
    system,
    async (program) => {
      if (way === "connection") return connected;
      // Its name is there before anybody can connect.
      if (way === "path") await program.says(/Listening (for|on)/);
      return system.connect(socket);
    },
  );
  system.close(fd);
  return started;
}

/** A mount's first requests. */
export function greet(frontEnd: FrontEnd): FuseSession {
  frontEnd.start();
  const session = new FuseSession(frontEnd);
  session.must(init());
  equal(session.must(getattr(ROOT)).attributes.mode & 0o170000, 0o040000);
  return session;
}

/** Starts, greets, and ends the connection; the program has to end well. Returns how. */
export async function serveOnce(
  place: ExportWorkspace,
  way: Way,
  args: readonly string[],
  options: StartOptions = {},
): Promise<Outcome> {
  await using program = startProgram(place, way, args, options);
  try {
    using frontEnd = await program.connect();
    greet(frontEnd);
  } catch (error) {
    program.kill("SIGTERM");
    console.error((await program.end()).output);
    throw error;
  }
  const outcome = await program.end();
  equal(outcome.code, 0, outcome.output);
  return outcome;
}
