/**
 * The demo's requests of FUSE over vhost-user: every one of it, some of them
 * twice.
 *
 * @module
 */
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import * as sessions from "../../../src/vhost_user_fs/client/requests/session.ts";
import { host, told } from "../step.ts";
import { ATTRIBUTES } from "./attributes.ts";
import { entry, type Step } from "./context.ts";
import { FILES } from "./files.ts";
import { NAMES } from "./names.ts";

const SESSION: readonly Step[] = [
  {
    request: "INIT",
    asked: "as Linux 6.12 does",
    run: ({ session }) =>
      told(
        session.ask(sessions.init()),
        ({ major, minor, maxWrite }) =>
          `${major}.${minor}, ${maxWrite / 1024} KiB`,
      ),
    expected: /^7\.\d+, 1024 KiB$/,
  },
  {
    request: "STATFS",
    asked: "the root",
    run: ({ session }) =>
      told(
        session.ask(attributes.statfs(ROOT)),
        ({ bsize }) => `blocks of ${bsize}`,
      ),
    expected: /^blocks of [1-9]\d*$/,
  },
  {
    request: "LOOKUP",
    asked: "nowhere",
    run: (context) =>
      entry(context, "", context.session.ask(names.lookup(ROOT, "nowhere"))),
    expected: "ENOENT",
  },
  {
    request: "LOOKUP",
    asked: "../../etc/passwd",
    run: (context) =>
      entry(
        context,
        "",
        context.session.ask(names.lookup(ROOT, "../../etc/passwd")),
      ),
    expected: "EINVAL",
  },
  {
    request: "SETATTR",
    asked: "the root, to a user",
    run: ({ session, user }) =>
      told(
        session.ask(attributes.setattr(ROOT, { uid: user, gid: user })),
      ),
    host: (context) => host(context, ".").uid === context.hostUser,
  },
];

const END: readonly Step[] = [
  {
    request: "SYNCFS",
    asked: "all of it",
    run: ({ session }) => told(session.ask(files.syncfs(ROOT))),
  },
  {
    request: "FORGET",
    asked: "pipe",
    run: ({ session, nodes }) =>
      told(
        session.ask(sessions.forget(nodes.get("pipe")!)),
        () => "none is due",
      ),
    expected: "none is due",
  },
  {
    request: "BATCH_FORGET",
    asked: "shortcut and copy",
    run: ({ session, nodes }) =>
      told(
        session.ask(
          sessions.batchForget([
            [nodes.get("shortcut")!, 1],
            [nodes.get("copy")!, 1],
          ]),
        ),
        () => "none is due",
      ),
    expected: "none is due",
  },
  {
    request: "DESTROY",
    asked: "the mount",
    run: ({ session }) => told(session.ask(sessions.destroy())),
  },
];

/** All steps, in order: later ones build on earlier ones. */
export const FUSE_STEPS: readonly Step[] = [
  ...SESSION,
  ...FILES,
  ...ATTRIBUTES,
  ...NAMES,
  ...END,
];
