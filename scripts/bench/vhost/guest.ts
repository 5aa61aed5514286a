/**
 * A server that is measured, and the guest's side of it.
 *
 * @module
 */
import { FrontEnd } from "../../../src/vhost_user_fs/client/front_end.ts";
import { init } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { FuseSession } from "../../../src/vhost_user_fs/client/session.ts";
import { System } from "../../../src/vhost_user_fs/client/system.ts";
import { startChild } from "../../program/children.ts";
import { furnish, type Operation, OPERATIONS, type Run } from "./operations.ts";
import { Desk } from "./prepared.ts";

const DESK = {
  guestAddress: 0x2_0000_0000,
  userAddress: 0x7e00_0000_0000,
  size: 64 * 1024 * 1024,
  fileOffset: 0,
};

/** Everything that is measured on one server. */
export interface Guest extends AsyncDisposable {
  /** The processes that serve. */
  readonly pids: readonly number[];
  readonly runs: ReadonlyMap<Operation, Run>;
}

/** Starts `command` on a new share below `place`, and makes all operations ready. */
export function startGuest(
  command: readonly string[],
  place: string,
): Guest {
  const share = `${place}/share`;
  Deno.mkdirSync(share, { recursive: true });
  furnish(share);
  const system = new System();
  const socket = `${place}/socket`;
  const listener = system.listen(socket);
  system.inherit(listener, true);
  const [program, ...first] = command;
  const child = startChild(program!, {
    args: [...first, `--fd=${listener}`, `--shared-dir=${share}`, "--xattr"],
    env: { DENO: Deno.execPath() },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  system.close(listener);
  const frontEnd = new FrontEnd(system, system.connect(socket));
  frontEnd.start();
  const session = new FuseSession(frontEnd);
  session.must(init());
  const desk = new Desk(session, frontEnd.addRegion(DESK));
  const runs = new Map(
    OPERATIONS.map((operation) => [operation, operation.prepare(desk)]),
  );
  return {
    pids: [child.pid, ...childrenOf(child.pid)],
    runs,
    async [Symbol.asyncDispose]() {
      frontEnd.close();
      await child.status;
      system[Symbol.dispose]();
    },
  };
}

/** virtiofsd serves from a child in a PID namespace of its own. */
function childrenOf(pid: number): number[] {
  const { stdout } = new Deno.Command("pgrep", {
    args: ["-P", String(pid)],
    stdin: "null",
  }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean).map(
    Number,
  );
}
