/**
 * One suite for all servers: each test runs on ours and on Debian's two
 * virtiofsd, in a new directory with a new server, and says nothing of which
 * it is. What may differ stands in {@linkcode ../differences.ts}.
 *
 * @module
 */
import { deepEqual, equal } from "node:assert/strict";
import { errnoName } from "../../../ffi/errno.ts";
import { LACKING_FILE } from "../../../scripts/report.ts";
import type {
  FrontEnd,
  FrontEndOptions,
} from "../../../src/vhost_user_fs/client/front_end.ts";
import type {
  Attributes,
  InitReply,
} from "../../../src/vhost_user_fs/client/replies.ts";
import type {
  Answer,
  Request,
} from "../../../src/vhost_user_fs/client/request.ts";
import {
  init,
  type InitOptions,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import { BackEndError } from "../../../src/vhost_user_fs/client/system.ts";
import { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import { Host } from "../../support/host.ts";
import { lacking, type Need } from "../../support/requirements.ts";
import { System } from "../../support/system.ts";
import { runnerDirectory, workspace } from "../../support/workspace.ts";
import { ANY, difference, GONE } from "../differences.ts";
import {
  command,
  MISSING,
  type RunningServer,
  type Server,
  type ServerOptions,
  SERVERS,
  startServer,
} from "./servers.ts";

/** What a test may want besides a server and a mounted session. */
export interface Setup extends ServerOptions {
  readonly needs?: readonly Need[];
  readonly servers?: readonly Server[];
  readonly frontEnd?: FrontEndOptions;
  /** Undefined for a guest's INIT; false for no start at all. */
  readonly init?: InitOptions | false;
  /** Before the server starts. */
  readonly prepare?: (place: Place) => void;
  /** How the program must end once the connection does; undefined for any way. */
  readonly ending?: string | undefined;
}

/** The host's view of the shared directory. */
export interface Place {
  readonly host: Host;
  readonly system: System;
  path(name: string): string;
}

/** A test that runs. */
export interface Trial extends Place {
  readonly server: Server;
  readonly running: RunningServer;
  readonly frontEnd: FrontEnd;
  readonly session: FuseSession;
  readonly initReply: InitReply;
  /** Sends a request, and holds how it ended against `outcome`, or against what the table of differences has for `what`. */
  expect<T>(what: string, request: Request<T>, outcome?: string): T | undefined;
  /** The same for what a test puts into words. */
  observe(what: string, actual: string, expected: string): void;
  /** The value of a request that must succeed. */
  must<T>(request: Request<T>): T;
}

/** Defines a test for each server. */
export function forEachServer(
  topic: string,
  test: (trial: Trial) => void | Promise<void>,
  setup: Setup = {},
): void {
  for (const server of SERVERS) {
    if (setup.servers?.includes(server) === false) continue;
    const missing = lacking("root", ...setup.needs ?? []);
    Deno.test({
      name: `${server}: ${topic}`,
      ignore: missing.length > 0 || !isThere(server),
      fn: () => run(server, test, setup),
    });
  }
}

/** The server has died, and a test with it. */
class Gone extends Error {}

const known = new Map<Server, boolean>();

/** Whether the server can be run here; the runner's report says so where it cannot. */
export function isThere(server: Server): boolean {
  const before = known.get(server);
  if (before !== undefined) return before;
  const there = command(server) !== undefined;
  known.set(server, there);
  const directory = runnerDirectory();
  if (!there && directory !== undefined) {
    Deno.writeTextFileSync(
      `${directory}/${LACKING_FILE}`,
      `${MISSING[server]}\n`,
      { append: true },
    );
  } else if (!there) {
    console.error(`Left out, as there is no ${MISSING[server]}`);
  }
  return there;
}

async function run(
  server: Server,
  test: (trial: Trial) => void | Promise<void>,
  setup: Setup,
): Promise<void> {
  using directory = workspace();
  using host = new Host();
  using system = new System();
  const share = `${directory.path}/share`;
  Deno.mkdirSync(share);
  host.chmod(share, 0o755);
  const place = { host, system, path: (name: string) => `${share}/${name}` };
  setup.prepare?.(place);
  /** All of them are told together. */
  const faults: string[] = [];
  await using running = startServer(
    server,
    share,
    directory.path,
    setup,
    setup.frontEnd,
  );
  try {
    await test(begin(server, place, running, setup, faults));
  } catch (error) {
    const { ending, output } = await running.stop();
    // The table has said so, or it is a fault.
    if (error instanceof Gone) return deepEqual(faults, [], output);
    console.error(`The server ended with ${ending} and said:\n${output}`);
    if (faults.length > 0) console.error(faults.join("\n"));
    throw error;
  }
  deepEqual(faults, []);
  const { ending, output } = await running.stop();
  const expected = "ending" in setup ? setup.ending : "exit 0";
  if (expected !== undefined) {
    equal(ending, expected, `The server ended with ${ending}:\n${output}`);
  }
}

function begin(
  server: Server,
  place: Place,
  running: RunningServer,
  setup: Setup,
  faults: string[],
): Trial {
  const { frontEnd } = running;
  const session = new FuseSession(frontEnd);
  let initReply: InitReply | undefined;
  if (setup.init !== false) {
    frontEnd.start();
    initReply = session.must(init(setup.init));
  }
  const observe = (what: string, actual: string, expected: string) => {
    const own = difference(what)?.[server] ?? expected;
    if (own === ANY || own === actual) return;
    faults.push(`${what}: ${actual}, not ${own}`);
  };
  return {
    ...place,
    server,
    running,
    frontEnd,
    session,
    get initReply() {
      if (initReply === undefined) throw new Error("There was no INIT");
      return initReply;
    },
    observe,
    expect(what, request, expected = "done") {
      let answer;
      try {
        answer = session.ask(request);
      } catch (error) {
        if (!(error instanceof BackEndError)) throw error;
        observe(what, GONE, expected);
        throw new Gone();
      }
      observe(what, outcome(answer), expected);
      return answer.value;
    },
    must: (request) => session.must(request),
  };
}

/** `done`, or the errno by name. */
export function outcome(answer: Answer<unknown>): string {
  return answer.errno === 0 ? "done" : errnoName(answer.errno);
}

/** Holds attributes against what the host sees of the same file. */
export function sameAsHost(
  attributes: Attributes,
  host: Host,
  path: string,
): void {
  const stat = host.lstat(path);
  const { ino, size, blocks, atime, mtime, ctime, mode, uid, gid } = attributes;
  const { nlink, rdev, blksize } = attributes;
  deepEqual(
    {
      ino,
      size,
      blocks,
      atime,
      mtime,
      ctime,
      mode,
      uid,
      gid,
      nlink: BigInt(nlink),
      rdev: BigInt(rdev),
      blksize: BigInt(blksize),
    },
    {
      ino: stat.ino,
      size: stat.size,
      blocks: stat.blocks,
      atime: stat.atime,
      mtime: stat.mtime,
      ctime: stat.ctime,
      mode: stat.mode,
      uid: stat.uid,
      gid: stat.gid,
      nlink: stat.nlink,
      rdev: stat.rdev,
      blksize: stat.blksize,
    },
    path,
  );
}
