/**
 * The demo's requests of FUSE on attributes, extended ones too.
 *
 * @module
 */
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { host, text, told, withXattrs } from "../step.ts";
import { bytes, FIRST, type Step } from "./context.ts";

export const ATTRIBUTES: readonly Step[] = [
  {
    request: "GETATTR",
    asked: "letters/first",
    run: ({ session, nodes }) =>
      told(
        session.ask(attributes.getattr(nodes.get(FIRST)!)),
        ({ attributes: { mode, uid } }) =>
          `${(mode & 0o7777).toString(8)}, uid ${uid}`,
      ),
    expected: ({ user }) => `640, uid ${user}`,
  },
  {
    request: "STATX",
    asked: "letters/first",
    run: ({ session, nodes }) =>
      told(
        session.ask(attributes.statx(nodes.get(FIRST)!)),
        ({ size }) => `${size} B`,
      ),
    expected: "131072 B",
  },
  {
    request: "SETATTR",
    asked: "letters/first, rw-rw-rw-",
    run: ({ session, nodes }) =>
      told(
        session.ask(attributes.setattr(nodes.get(FIRST)!, { mode: 0o666 })),
      ),
    host: (context) => (host(context, FIRST).mode! & 0o777) === 0o666,
  },
  {
    request: "SETATTR",
    asked: "letters/first, to root",
    run: ({ session, nodes }) =>
      told(
        session.ask(attributes.setattr(nodes.get(FIRST)!, { uid: 0, gid: 0 })),
      ),
    host: (context) =>
      host(context, FIRST).uid === (context.devices ? 0 : context.hostUser),
  },
  {
    request: "SETATTR",
    asked: "letters/first, 2001-09-09",
    run: ({ session, nodes }) =>
      told(
        session.ask(
          attributes.setattr(nodes.get(FIRST)!, {
            atime: 10n ** 18n,
            mtime: 10n ** 18n,
          }),
        ),
      ),
    host: (context) => host(context, FIRST).mtime?.getTime() === 1e12,
  },
  {
    request: "SETXATTR",
    asked: "copy, user.colour = blue",
    run: (context) => {
      const answer = context.session.ask(
        attributes.setxattr(
          context.nodes.get("copy")!,
          "user.colour",
          bytes("blue"),
        ),
      );
      context.xattrs = answer.errno === 0;
      return told(answer);
    },
    expected: withXattrs("done"),
    host: ({ xattrs, hostXattr }) =>
      hostXattr("copy", "user.colour") === (xattrs ? "blue" : undefined),
  },
  {
    request: "GETXATTR",
    asked: "copy, user.colour",
    run: ({ session, nodes }) =>
      told(
        session.ask(attributes.getxattr(nodes.get("copy")!, "user.colour")),
        (value) => text(value as Uint8Array),
      ),
    expected: withXattrs('"blue"'),
  },
  {
    request: "LISTXATTR",
    asked: "copy",
    run: ({ session, nodes }) =>
      told(
        session.ask(attributes.listxattr(nodes.get("copy")!)),
        (value) => text(value as Uint8Array),
      ),
    expected: withXattrs(/user\.colour·/),
  },
  {
    request: "REMOVEXATTR",
    asked: "copy, user.colour",
    run: ({ session, nodes }) =>
      told(
        session.ask(attributes.removexattr(nodes.get("copy")!, "user.colour")),
      ),
    expected: withXattrs("done"),
    host: ({ hostXattr }) => hostXattr("copy", "user.colour") === undefined,
  },
];
