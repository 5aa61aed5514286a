/**
 * The demo's requests of the proxy protocol: every one of it, some of them twice.
 *
 * @module
 */
import {
  O_CREAT,
  O_EXCL,
  O_RDWR,
  S_IFCHR,
  S_IFIFO,
} from "../../ffi/constants.ts";
import type { Answer, Client, RequestName } from "../../mod.ts";
import {
  type Common,
  host,
  missing,
  type Step as AnyStep,
  text,
  told,
  withXattrs,
} from "./step.ts";

/** Where and as whom the demo runs. */
interface Context extends Common {
  readonly client: Client;
}

type Step = AnyStep<Context, RequestName>;

const FIFO = S_IFIFO | 0o600;
const NULL_DEVICE = S_IFCHR | 0o666;

/** Closes the passed descriptor, which proves that there was one. */
function descriptor(context: Context, answer: Answer<number>): string {
  return told(answer, (fd) => {
    context.client.connection.closeDescriptor(fd);
    return "a descriptor";
  });
}

/** All steps, in order: later ones build on earlier ones. */
export const PROXY_STEPS: readonly Step[] = [
  {
    request: "STATFS",
    asked: "/",
    run: ({ client }) =>
      told(client.statfs("/"), ({ bsize }) => `blocks of ${bsize}`),
    expected: /^blocks of [1-9]\d*$/,
  },
  {
    request: "MKDIR",
    asked: "/letters, rwxr-xr-x",
    run: ({ client, user }) =>
      told(client.mkdir("/letters", 0o755, user, user)),
    host: (context) => {
      const found = host(context, "letters");
      return found.isDirectory && found.uid === context.hostUser;
    },
  },
  {
    request: "CREATE",
    asked: "/letters/first, rw-r-----",
    run: (context) =>
      descriptor(
        context,
        context.client.create(
          "/letters/first",
          O_RDWR | O_CREAT | O_EXCL,
          0o640,
          context.user,
          context.user,
        ),
      ),
    expected: "a descriptor",
    host: (context) => {
      const found = host(context, "letters/first");
      return (found.mode! & 0o777) === 0o640 && found.uid === context.hostUser;
    },
  },
  {
    request: "CREATE",
    asked: "/letters/second, no owner",
    run: (context) =>
      descriptor(
        context,
        context.client.create(
          "/letters/second",
          O_RDWR | O_CREAT,
          0o600,
          0xffffffff,
          0,
        ),
      ),
    expected: "a descriptor",
    // Without an owner the file belongs to the helper, which is the user who runs this.
    host: (context) => host(context, "letters/second").uid === Deno.uid(),
  },
  {
    request: "OPEN",
    asked: "/letters/first",
    run: (context) =>
      descriptor(context, context.client.open("/letters/first", O_RDWR)),
    expected: "a descriptor",
  },
  {
    request: "OPEN",
    asked: "/nowhere",
    run: (context) => descriptor(context, context.client.open("/nowhere", 0)),
    expected: "ENOENT",
  },
  {
    request: "OPEN",
    asked: "/../../../../etc/passwd",
    run: (context) =>
      descriptor(context, context.client.open("/../../../../etc/passwd", 0)),
    expected: "ENOENT",
  },
  {
    request: "TRUNCATE",
    asked: "/letters/first to 1234 bytes",
    run: ({ client }) => told(client.truncate("/letters/first", 1234n)),
    host: (context) => host(context, "letters/first").size === 1234,
  },
  {
    request: "LSTAT",
    asked: "/letters/first",
    run: ({ client }) =>
      told(
        client.lstat("/letters/first"),
        ({ mode, uid, size }) =>
          `${(mode & 0o7777).toString(8)}, uid ${uid}, ${size} B`,
      ),
    expected: ({ user }) => `640, uid ${user}, 1234 B`,
    host: (context) => host(context, "letters/first").size === 1234,
  },
  {
    request: "CHMOD",
    asked: "/letters/first, rw-rw-rw-",
    run: ({ client }) => told(client.chmod("/letters/first", 0o666)),
    host: (context) => (host(context, "letters/first").mode! & 0o777) === 0o666,
  },
  {
    request: "CHOWN",
    asked: "/letters/first, to root",
    run: ({ client }) => told(client.chown("/letters/first", 0, 0)),
    host: (context) =>
      host(context, "letters/first").uid ===
        (context.devices ? 0 : context.hostUser),
  },
  {
    request: "UTIME",
    asked: "/letters/first, 2001-09-09",
    run: ({ client }) =>
      told(
        client.utime("/letters/first", 1_000_000_000n, 0n, 1_000_000_000n, 0n),
      ),
    host: (context) => host(context, "letters/first").mtime?.getTime() === 1e12,
  },
  {
    request: "LINK",
    asked: "/letters/first as /copy",
    run: ({ client }) => told(client.link("/letters/first", "/copy")),
    host: (context) =>
      host(context, "copy").ino === host(context, "letters/first").ino,
  },
  {
    request: "SYMLINK",
    asked: "/shortcut to letters/first",
    run: ({ client, user }) =>
      told(client.symlink("letters/first", "/shortcut", user, user)),
    host: (context) =>
      Deno.readLinkSync(`${context.directory}/shortcut`) === "letters/first",
  },
  {
    request: "READLINK",
    asked: "/shortcut",
    run: ({ client }) => told(client.readlink("/shortcut"), text),
    expected: '"letters/first"',
    host: (context) =>
      Deno.readLinkSync(`${context.directory}/shortcut`) === "letters/first",
  },
  {
    request: "MKNOD",
    asked: "/pipe, a FIFO",
    run: ({ client, user }) =>
      told(client.mknod("/pipe", FIFO, 0n, user, user)),
    host: (context) => host(context, "pipe").isFifo === true,
  },
  {
    request: "OPEN",
    asked: "/pipe; the original hangs",
    run: (context) => descriptor(context, context.client.open("/pipe", 0)),
    expected: "ENXIO",
  },
  {
    request: "MKNOD",
    asked: "/null, a device",
    run: ({ client }) => told(client.mknod("/null", NULL_DEVICE, 0x103n, 0, 0)),
    expected: ({ devices }) => devices ? "done" : "EPERM",
    host: (context) =>
      context.devices
        ? host(context, "null").isCharDevice === true
        : missing(context, "null"),
  },
  {
    request: "LSETXATTR",
    asked: "/copy, user.colour = blue",
    run: (context) => {
      const answer = context.client.lsetxattr(
        "/copy",
        "user.colour",
        "blue",
        0,
      );
      context.xattrs = answer.errno === 0;
      return told(answer);
    },
    expected: withXattrs("done"),
    host: ({ xattrs, hostXattr }) =>
      hostXattr("copy", "user.colour") === (xattrs ? "blue" : undefined),
  },
  {
    request: "LGETXATTR",
    asked: "/copy, user.colour",
    run: ({ client }) =>
      told(client.lgetxattr("/copy", "user.colour", 100), text),
    expected: withXattrs('"blue"'),
  },
  {
    request: "LLISTXATTR",
    asked: "/copy",
    run: ({ client }) => told(client.llistxattr("/copy", 1000), text),
    expected: withXattrs(/user\.colour·/),
  },
  {
    request: "LREMOVEXATTR",
    asked: "/copy, user.colour",
    run: ({ client }) => told(client.lremovexattr("/copy", "user.colour")),
    expected: withXattrs("done"),
    host: ({ hostXattr }) => hostXattr("copy", "user.colour") === undefined,
  },
  {
    request: "GETVERSION",
    asked: "/copy",
    run: ({ client }) =>
      told(client.getversion("/copy"), (value) => `generation ${value}`),
    expected: /^generation \d+$/,
  },
  {
    request: "RENAME",
    asked: "/copy to /letters/renamed",
    run: ({ client }) => told(client.rename("/copy", "/letters/renamed")),
    host: (context) =>
      missing(context, "copy") && host(context, "letters/renamed").isFile,
  },
  {
    request: "REMOVE",
    asked: "/letters, not empty",
    run: ({ client }) => told(client.remove("/letters")),
    expected: "ENOTEMPTY",
  },
  {
    request: "REMOVE",
    asked: "/shortcut",
    run: ({ client }) => told(client.remove("/shortcut")),
    host: (context) => missing(context, "shortcut"),
  },
];
