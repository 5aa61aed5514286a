/**
 * A server that is measured, and the guest's side of it.
 *
 * @module
 */
import { Epoll } from "../../../ffi/epoll.ts";
import { openLibc } from "../../../ffi/libc.ts";
import { DESCRIPTOR_SYMBOLS } from "../../../ffi/symbols/descriptors.ts";
import {
  GUEST_MEMORY_SYMBOLS,
  GUEST_SETUP_SYMBOLS,
} from "../../../ffi/symbols/guest_memory.ts";
import { MEMORY_SYMBOLS } from "../../../ffi/symbols/memory.ts";
import { FrontEnd } from "../../../src/vhost_user_fs/client/front_end.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import { System } from "../../../src/vhost_user_fs/client/system.ts";
import { startChild } from "../../program/children.ts";
import type { Command } from "../../program/proxy_helper.ts";
import { Desk, StallError } from "./prepared.ts";

/** Memory that requests are laid out in. */
const DESK = {
  guestAddress: 0x2_0000_0000,
  userAddress: 0x7e00_0000_0000,
  size: 64 * 1024 * 1024,
  fileOffset: 0,
};

/** How long an answer may take. */
const PATIENCE_MS = 5000;
/** What the set of descriptors tells of: rings by their index, and the end of the connection. */
const CONTROL = 0xffff;

/** A server, and what asks it. */
export interface Guest {
  /** The processes that serve. */
  readonly pids: readonly number[];
  readonly desk: Desk;
  /** Ends the connection, and resolves when the server has ended. */
  stop(): Promise<void>;
}

/** A server that was started, and its mount. */
interface Mount {
  readonly pids: readonly number[];
  readonly frontEnd: FrontEnd;
  readonly session: FuseSession;
  /** Ends the connection, and resolves when the server has ended. */
  stop(): Promise<void>;
}

/** Starts `command` on the directory `share`, with a socket in `place`; returns when it has answered INIT. */
export function startMount(
  [program, ...first]: Command,
  share: string,
  place: string,
): Mount {
  const system = new System();
  const socket = `${place}/socket`;
  const listener = system.listen(socket);
  system.inherit(listener, true);
  const child = startChild(program, {
    args: [...first, `--fd=${listener}`, `--shared-dir=${share}`, "--xattr"],
    env: { DENO: Deno.execPath() },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  system.close(listener);
  const frontEnd = new FrontEnd(system, system.connect(socket), {
    limit: PATIENCE_MS,
  });
  frontEnd.start();
  const session = new FuseSession(frontEnd);
  session.must(init());
  return {
    pids: [child.pid],
    frontEnd,
    session,
    async stop() {
      frontEnd.close();
      await child.status;
      Deno.removeSync(socket);
      system[Symbol.dispose]();
    },
  };
}

/** The same, ready to be measured. */
export function startGuest(
  command: Command,
  share: string,
  place: string,
): Guest {
  const mount = startMount(command, share, place);
  const { frontEnd, session } = mount;
  const libc = openLibc({
    ...MEMORY_SYMBOLS,
    ...DESCRIPTOR_SYMBOLS,
    ...GUEST_MEMORY_SYMBOLS,
    ...GUEST_SETUP_SYMBOLS,
  });
  const events = new Epoll(libc);
  for (const ring of frontEnd.rings) events.addEdges(ring.callFd, ring.index);
  events.add(frontEnd.connection.fd, CONTROL);
  const wait = () => {
    // A signal ends a wait, too.
    const found = events.wait(PATIENCE_MS) || events.wait(PATIENCE_MS);
    if (found === 0) throw new StallError("The server does not answer");
    if (events.includes(CONTROL, found)) {
      throw new StallError("The server has gone");
    }
  };
  return {
    pids: mount.pids.flatMap((pid) => [pid, ...childrenOf(pid)]),
    desk: new Desk(session, frontEnd.addRegion(DESK), wait),
    async stop() {
      events[Symbol.dispose]();
      await mount.stop();
      libc.close();
    },
  };
}

/** virtiofsd serves from a child in a PID namespace of its own. */
function childrenOf(pid: number): number[] {
  const { stdout } = new Deno.Command("pgrep", {
    args: ["-P", String(pid)],
    stdin: "null",
  }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean)
    .map(Number);
}
