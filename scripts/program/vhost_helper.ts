/**
 * A helper of vhost-user-fs that a program of this checkout starts, with a front
 * end and a mount for it.
 *
 * @module
 */
import {
  FrontEnd,
  type FrontEndOptions,
} from "../../src/vhost_user_fs/client/front_end.ts";
import { init } from "../../src/vhost_user_fs/client/requests/session.ts";
import { FuseSession } from "../../src/vhost_user_fs/client/session.ts";
import { System } from "../../src/vhost_user_fs/client/system.ts";
import { startChild } from "./children.ts";
import { asRoot, type Command } from "./proxy_helper.ts";

export const VHOST_LAUNCHER = new URL("../virtfs-vhost-helper", import.meta.url)
  .pathname;

/** The command that starts the launcher as root, see {@linkcode asRoot}. */
export const vhostLauncher = (): Command => asRoot(VHOST_LAUNCHER);

/** A helper that serves a mount. */
export interface ServingVhostHelper {
  readonly process: Deno.ChildProcess;
  readonly frontEnd: FrontEnd;
  /** The mount: INIT was answered. */
  readonly session: FuseSession;
  /** Ends the connection, and with it the helper; resolves when that has ended. */
  stop(): Promise<Deno.CommandStatus>;
}

/**
 * Starts a helper on `directory`, and a mount.
 *
 * @param command stands before `--shared-dir=DIRECTORY --fd=FD`
 * @throws {BackEndError} where it does not answer; it has ended then
 */
export async function startVhostHelper(
  [program, ...args]: Command,
  directory: string,
  options: Deno.CommandOptions = {},
  frontEndOptions: FrontEndOptions = {},
): Promise<ServingVhostHelper> {
  const system = new System();
  const [ours, theirs] = system.socketpair();
  const process = startChild(program, {
    stdin: "null",
    ...options,
    args: [...args, `--shared-dir=${directory}`, `--fd=${theirs}`],
    env: { DENO: Deno.execPath(), ...options.env },
  });
  system.close(theirs);
  const frontEnd = new FrontEnd(system, ours, frontEndOptions);
  const stop = async () => {
    frontEnd.close();
    const status = await process.status;
    system[Symbol.dispose]();
    return status;
  };
  try {
    frontEnd.start();
    const session = new FuseSession(frontEnd);
    session.must(init());
    return { process, frontEnd, session, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
