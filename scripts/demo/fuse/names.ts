/**
 * The demo's requests of FUSE on names and directories.
 *
 * @module
 */
import { S_IFCHR, S_IFIFO } from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as directories from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { host, missing, told } from "../step.ts";
import { A_NODE, asUser, entry, FIRST, type Step } from "./context.ts";

export const NAMES: readonly Step[] = [
  {
    request: "LINK",
    asked: "letters/first as linked",
    run: (context) =>
      entry(
        context,
        "linked",
        context.session.ask(
          names.link(ROOT, "linked", context.nodes.get(FIRST)!),
        ),
      ),
    ...A_NODE,
    host: (context) => host(context, "linked").ino === host(context, FIRST).ino,
  },
  {
    request: "SYMLINK",
    asked: "shortcut to letters/first",
    run: (context) =>
      entry(
        context,
        "shortcut",
        asUser(context, names.symlink(ROOT, "shortcut", FIRST)),
      ),
    ...A_NODE,
    host: ({ directory }) =>
      Deno.readLinkSync(`${directory}/shortcut`) === FIRST,
  },
  {
    request: "READLINK",
    asked: "shortcut",
    run: ({ session, nodes }) =>
      told(
        session.ask(attributes.readlink(nodes.get("shortcut")!)),
        (target) => target,
      ),
    expected: FIRST,
    host: ({ directory }) =>
      Deno.readLinkSync(`${directory}/shortcut`) === FIRST,
  },
  {
    request: "MKNOD",
    asked: "pipe, a FIFO",
    run: (context) =>
      entry(
        context,
        "pipe",
        asUser(context, names.mknod(ROOT, "pipe", S_IFIFO | 0o600)),
      ),
    ...A_NODE,
    host: (context) => host(context, "pipe").isFifo === true,
  },
  {
    request: "MKNOD",
    asked: "null, a device",
    run: (context) =>
      entry(
        context,
        "null",
        context.session.ask(names.mknod(ROOT, "null", S_IFCHR | 0o666, 0x103)),
      ),
    expected: ({ devices }) => devices ? /^node \d+$/ : "EPERM",
    host: (context) =>
      context.devices
        ? host(context, "null").isCharDevice === true
        : missing(context, "null"),
  },
  {
    request: "OPENDIR",
    asked: "the root",
    run: ({ session, handles }) =>
      told(session.ask(directories.opendir(ROOT)), ({ fh }) => {
        handles.set("", fh);
        return "open";
      }),
    expected: "open",
  },
  ...(["READDIR", "READDIRPLUS"] as const).map((request): Step => ({
    request,
    asked: "the root",
    run: ({ session, handles }) =>
      told<readonly unknown[]>(
        session.ask<readonly unknown[]>(
          directories[request === "READDIR" ? "readdir" : "readdirplus"](
            ROOT,
            handles.get("")!,
            0n,
          ),
        ),
        ({ length }) => `${length} names`,
      ),
    // With "." and "..".
    expected: ({ devices }) => `${devices ? 8 : 7} names`,
    host: (context) =>
      [...Deno.readDirSync(context.directory)].length ===
        (context.devices ? 6 : 5),
  })),
  ...(["FSYNCDIR", "RELEASEDIR"] as const).map((request): Step => ({
    request,
    asked: "the root",
    run: ({ session, handles }) =>
      told(
        session.ask(
          directories[request === "FSYNCDIR" ? "fsyncdir" : "releasedir"](
            ROOT,
            handles.get("")!,
          ),
        ),
      ),
  })),
  {
    request: "RENAME",
    asked: "linked to letters/second",
    run: ({ session, nodes }) =>
      told(
        session.ask(
          names.rename(ROOT, "linked", nodes.get("letters")!, "second"),
        ),
      ),
    host: (context) =>
      missing(context, "linked") && host(context, "letters/second").isFile,
  },
  {
    request: "RENAME2",
    asked: "copy and shortcut, exchanged",
    run: ({ session }) =>
      told(
        session.ask(
          names.rename2(ROOT, "copy", ROOT, "shortcut", names.RENAME_EXCHANGE),
        ),
      ),
    host: (context) =>
      host(context, "copy").isSymlink && host(context, "shortcut").isFile,
  },
  {
    request: "RMDIR",
    asked: "letters, not empty",
    run: ({ session }) => told(session.ask(names.rmdir(ROOT, "letters"))),
    expected: "ENOTEMPTY",
    host: (context) => host(context, "letters").isDirectory,
  },
  {
    request: "UNLINK",
    asked: "copy",
    run: ({ session }) => told(session.ask(names.unlink(ROOT, "copy"))),
    host: (context) => missing(context, "copy"),
  },
];
