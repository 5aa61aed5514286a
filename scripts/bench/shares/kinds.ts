/**
 * The helpers that are measured by the hundred, and what asks each of them.
 *
 * @module
 */
import type { Libc } from "../../../ffi/libc.ts";
import { encodeRequest } from "../../../src/proxy/wire/encode.ts";
import { FrontEnd } from "../../../src/vhost_user_fs/client/front_end.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  open,
  read,
  release,
} from "../../../src/vhost_user_fs/client/requests/files.ts";
import { lookup } from "../../../src/vhost_user_fs/client/requests/names.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import type { System } from "../../../src/vhost_user_fs/client/system.ts";
import { startChild } from "../../program/children.ts";
import type { Command } from "../../program/proxy_helper.ts";
import { type Ended, ended } from "../helper_process.ts";
import { LoadClient, prepare } from "../load.ts";
import type { LOAD_SYMBOLS } from "../symbols.ts";

/** Files of each share. */
export const FILES = 20;
export const fileName = (at: number): string => `file-${at % FILES}`;

/** One sort of helper. */
export interface Kind {
  readonly name: string;
  readonly protocol: "9p" | "virtiofs";
  readonly command: Command;
  /** Takes the options of the virtiofsd of QEMU 7.2, in C. */
  readonly old?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** A helper that was started, and does not have to be ready yet. */
export interface Started {
  readonly pid: number;
  /** Returns when it has answered. */
  greet(): void;
  /** Asks `requests` requests. */
  work(requests: number): void;
  /** Ends the connection, and resolves with how it has ended when it has. */
  stop(): Promise<Ended>;
}

export interface Tools {
  readonly libc: Libc<typeof LOAD_SYMBOLS>;
  readonly system: System;
}

/** Starts a helper on `directory`, which has a directory `share` with {@linkcode FILES} files. */
export function start(tools: Tools, kind: Kind, directory: string): Started {
  return kind.protocol === "9p"
    ? startProxy(tools, kind, directory)
    : startVhost(tools, kind, directory);
}

/** Starts its program; what it prints is kept for an error. */
function spawn({ command: [program, ...args], env }: Kind, rest: string[]) {
  return startChild(program, {
    args: [...args, ...rest],
    ...env === undefined ? {} : { env },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
}

function startProxy(
  { libc, system }: Tools,
  kind: Kind,
  directory: string,
): Started {
  const [ours, theirs] = system.socketpair();
  const child = spawn(kind, [
    ...["-n", "-p", `${directory}/share`, "-f", String(theirs)],
  ]);
  system.close(theirs);
  const client = new LoadClient(libc, ours);
  const attributes = (path: string) =>
    prepare(libc, `LSTAT ${path}`, encodeRequest("LSTAT", { path }));
  const paths = Array.from({ length: FILES }, (_, at) => `/${fileName(at)}`);
  const requests = [
    ...paths.map(attributes),
    ...paths.map((path) =>
      prepare(
        libc,
        `CHMOD ${path}`,
        encodeRequest("CHMOD", { path, mode: 0o600 }),
      )
    ),
    prepare(libc, "STATFS", encodeRequest("STATFS", { path: "/" })),
  ];
  const first = attributes("/");
  return {
    pid: child.pid,
    greet: () => client.ask(first),
    work(count) {
      for (let at = 0; at < count; at++) {
        client.ask(requests[at % requests.length]!);
      }
    },
    async stop() {
      client.close();
      return await ended(child);
    },
  };
}

function startVhost({ system }: Tools, kind: Kind, directory: string): Started {
  const socket = `${directory}/socket`;
  const listener = system.listen(socket);
  system.inherit(listener, true);
  const child = spawn(kind, [
    `--fd=${listener}`,
    ...kind.old
      ? ["-o", `source=${directory}/share`]
      : [`--shared-dir=${directory}/share`],
  ]);
  system.close(listener);
  const frontEnd = new FrontEnd(system, system.connect(socket), {
    limit: 60_000,
  });
  const session = new FuseSession(frontEnd);
  return {
    pid: child.pid,
    greet() {
      frontEnd.start();
      session.must(init());
    },
    work(count) {
      // Five requests a file.
      for (let at = 0; at < count / 5; at++) {
        const { nodeid } = session.must(lookup(ROOT, fileName(at)));
        session.must(getattr(nodeid));
        const { fh } = session.must(open(nodeid, 0));
        session.must(read(nodeid, fh, 0, 4096));
        session.must(release(nodeid, fh));
      }
    },
    async stop() {
      frontEnd.close();
      Deno.removeSync(socket);
      return await ended(child);
    },
  };
}
