/**
 * The two programs that have the permission set `helper`, and a client that has
 * each of them do its work.
 *
 * @module
 */
import { O_CREAT, O_RDWR } from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import { ROOT } from "../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  setxattr,
  statfs,
} from "../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  opendir,
  readdirplus,
} from "../../src/vhost_user_fs/client/requests/directories.ts";
import {
  read,
  release,
  write,
} from "../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  lookup,
  mkdir,
  symlink,
  unlink,
} from "../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../src/vhost_user_fs/client/requests/session.ts";
import { PROXY_STEPS } from "../demo/proxy_steps.ts";
import {
  type Command,
  LAUNCHER,
  launcher,
  startHelper,
} from "../program/proxy_helper.ts";
import {
  startVhostHelper,
  VHOST_LAUNCHER,
  vhostLauncher,
} from "../program/vhost_helper.ts";

/** One of them. */
export interface Audited {
  /** In the report. */
  readonly name: string;
  readonly launcher: string;
  /** The command that starts it as root. */
  readonly command: () => Command;
  /** Its sources begin here. */
  readonly main: string;
  /** Arguments for a start on `directory`. */
  arguments(directory: string): readonly string[];
  /**
   * Makes requests of a new helper that `command` starts. Returns the answer to
   * MKDIR, the first one that writes: the name of an error, or `done`.
   */
  use(
    command: Command,
    directory: string,
    options: Deno.CommandOptions,
  ): Promise<string>;
}

/** virtfs-proxy-helper, of which every request is made. */
export const PROXY: Audited = {
  name: "proxy",
  launcher: LAUNCHER,
  command: launcher,
  main: "src/main.ts",
  arguments: (directory) => ["-n", "-p", directory, "-f", "3"],
  async use(command, directory, options) {
    const { client, process } = await startHelper(
      [...command, "-n", "--log-level=error"],
      directory,
      options,
    );
    const context = {
      ...{ client, directory, user: 0, hostUser: 0 },
      ...{ devices: false, xattrs: false, hostXattr: () => undefined },
    };
    const answers = PROXY_STEPS.map((
      { request, run },
    ) => [request, run(context)]);
    client.close();
    await process.status;
    return answers.find(([request]) => request === "MKDIR")![1]!;
  },
};

/** virtfs-vhost-helper. */
export const VHOST: Audited = {
  name: "vhost",
  launcher: VHOST_LAUNCHER,
  command: vhostLauncher,
  main: "src/vhost_user_fs/main.ts",
  arguments: (directory) => [`--shared-dir=${directory}`, "--fd=3"],
  async use(command, directory, options) {
    const { session, stop } = await startVhostHelper(
      [...command, "--log-level=error", "--xattr"],
      directory,
      options,
    );
    const made = session.ask(mkdir(ROOT, "made", 0o755));
    if (made.errno === 0) {
      const { nodeid } = made.value!;
      const flags = O_RDWR | O_CREAT;
      const file = session.must(create(nodeid, "file", flags, 0o600));
      const { fh } = file.opened;
      session.must(write(file.nodeid, fh, 0, new Uint8Array(4096)));
      session.must(read(file.nodeid, fh, 0, 4096));
      session.must(release(file.nodeid, fh));
      session.ask(setxattr(file.nodeid, "user.colour", new Uint8Array(5)));
      session.must(symlink(nodeid, "link", "file"));
      session.must(unlink(nodeid, "file"));
      session.must(lookup(ROOT, "made"));
    }
    session.must(getattr(ROOT));
    session.must(statfs(ROOT));
    const { fh } = session.must(opendir(ROOT));
    session.must(readdirplus(ROOT, fh, 0n, 4096));
    if (made.errno === 0) session.must(forget(made.value!.nodeid, 2));
    await stop();
    return made.errno === 0 ? "done" : errnoName(made.errno);
  },
};
