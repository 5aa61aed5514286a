/**
 * The helper of vhost-user-fs under attack by a guest: its export, and beside it
 * secrets that no guest may reach.
 *
 * @module
 */
import { deepEqual, doesNotMatch, equal, ok } from "node:assert/strict";
import {
  FrontEnd,
  type FrontEndOptions,
} from "../../../src/vhost_user_fs/client/front_end.ts";
import type { Attributes } from "../../../src/vhost_user_fs/client/replies.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import {
  GROWTH,
  makeSecrets,
  rememberSecrets,
  residentSize,
} from "../../support/attack.ts";
import { Host } from "../../support/host.ts";
import { lacking, type Need } from "../../support/requirements.ts";
import { System } from "../../support/system.ts";
import { workspace } from "../../support/workspace.ts";
import {
  type RunningServer,
  type ServerOptions,
  startServer,
} from "./servers.ts";
import { isThere, outcome } from "./each_server.ts";

/** How often descriptors are counted, 10 ms apart, until they are as many as before. */
const MAX_COUNTS = 2000;

/** What attacks need: a tmpfs, with attributes on it. */
export const NEEDS: readonly Need[] = ["root", "mount", "big xattrs"];

/** What an attack is played on. */
export interface Attack {
  readonly running: RunningServer;
  /** Those of the connection that there is. */
  readonly frontEnd: FrontEnd;
  readonly session: FuseSession;
  /** Connects anew, to a helper with --reconnect: all up to INIT is done. */
  connect(): void;
  readonly host: Host;
  readonly system: System;
  /** A directory that holds `export`, `secrets`, and what else an attack moves about. */
  readonly outside: string;
  readonly export: string;
  readonly secrets: string;
  /** Whether attributes are of the secrets. */
  isSecret(attributes: Attributes): boolean;
  /** How many descriptors the helper has. */
  descriptors(): number;
  /** The descriptors are as many as they were before the attack, or soon will be. */
  noneLeft(): Promise<void>;
  /** `done`, or the name of the errno. */
  said(request: Request<unknown>): string;
  /** Says what was tried and what stopped it, once that is shown. */
  stopped(what: string, stoppedBy: string): void;
}

/** How an attack may differ. */
export interface AttackOptions extends ServerOptions {
  readonly frontEnd?: FrontEndOptions;
  /** Whether the helper is there after the attack, and is looked at; it is, if not said otherwise. */
  readonly after?: false;
  /** How the helper must end; undefined for any way. */
  readonly ending?: string | undefined;
  /** Before the helper starts. */
  readonly prepare?: (
    place: Pick<Attack, "host" | "system" | "outside" | "export" | "secrets">,
  ) => void | Promise<void>;
}

/** Defines a test that is an attack. */
export function attack(
  name: string,
  run: (attack: Attack) => void | Promise<void>,
  options: AttackOptions = {},
): void {
  const missing = lacking(...NEEDS);
  Deno.test({
    name,
    ignore: missing.length > 0 || !isThere("ours"),
    fn: () => play(run, options),
  });
}

/**
 * Plays an attack, and then shows what holds of all of them: the helper serves
 * on, it has not grown, no descriptor is left open, it acts as itself again, it
 * has met no bug of its own, it ends as it should, and the secrets are as they
 * were.
 */
export async function play(
  run: (attack: Attack) => void | Promise<void>,
  options: AttackOptions = {},
): Promise<void> {
  using directory = workspace();
  using host = new Host();
  using system = new System();
  const outside = directory.path;
  system.mountTmpfs(outside, "mode=755,size=64m,nr_inodes=20000");
  const place = {
    host,
    system,
    outside,
    export: `${outside}/export`,
    secrets: `${outside}/secrets`,
  };
  Deno.mkdirSync(place.export);
  host.chmod(place.export, 0o755);
  makeSecrets(host, place.secrets);
  await options.prepare?.(place);
  const secrets = rememberSecrets(host, place.secrets);
  using sockets = workspace();
  await using running = startServer(
    "ours",
    place.export,
    sockets.path,
    options,
    options.frontEnd,
  );
  let { frontEnd } = running;
  let session = new FuseSession(frontEnd);
  const begin = () => {
    frontEnd.start();
    session.must(init());
    session.must(getattr(ROOT));
  };
  const lines: string[] = [];
  try {
    begin();
    // It has been asleep on another thread by then, with all that this opens.
    await new Promise((resolve) => setTimeout(resolve, 100));
    session.must(getattr(ROOT));
    const descriptors = () => host.names(`/proc/${running.pid}/fd`).length;
    const [size, held] = [residentSize(host, running.pid), descriptors()];
    const rights = rightsOf(host, running.pid);
    const noneLeft = async () => {
      for (let i = 0; i < MAX_COUNTS && descriptors() !== held; i++) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      equal(descriptors(), held, "The helper has kept descriptors");
    };
    await run({
      ...place,
      running,
      get frontEnd() {
        return frontEnd;
      },
      get session() {
        return session;
      },
      connect() {
        const { system: client, socket } = running;
        frontEnd.close();
        frontEnd = new FrontEnd(client, client.connect(socket));
        session = new FuseSession(frontEnd);
        begin();
      },
      isSecret: secrets.has,
      descriptors,
      noneLeft,
      said: (request) => outcome(session.ask(request)),
      stopped: (what, stoppedBy) =>
        lines.push(`tried ${what}: stopped by ${stoppedBy}`),
    });
    if (options.after !== false) {
      // All that the guest knew is dropped.
      session.must(init());
      session.must(getattr(ROOT));
      await noneLeft();
      const growth = residentSize(host, running.pid) - size;
      ok(growth < GROWTH, `The helper has grown by ${growth} KiB`);
      deepEqual(rightsOf(host, running.pid), rights);
    }
  } catch (error) {
    const { ending, output } = await running.stop();
    console.error(`The helper ended with ${ending} and said:\n${output}`);
    throw error;
  }
  if (options.args?.includes("--reconnect")) running.kill("SIGTERM");
  frontEnd.close();
  const { ending, output } = await running.stop();
  const expected = "ending" in options ? options.ending : "exit 0";
  if (expected !== undefined) equal(ending, expected, output);
  doesNotMatch(output, /Cannot carry out a request|Please report/, output);
  secrets.proveUnchanged();
  for (const line of lines) console.log(line);
}

/** As whom a process acts, and what it may do. */
function rightsOf(host: Host, pid: number): string[] {
  const lines = host.readFile(`/proc/${pid}/status`).split("\n");
  return lines.filter((line) =>
    /^(Umask|Uid|Gid|Groups|Cap\w+|NoNewPrivs|Seccomp):/.test(line)
  );
}
