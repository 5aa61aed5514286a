/**
 * The requests in groups, for what holds of many of them alike.
 *
 * @module
 */
import { O_CREAT, O_RDONLY, O_WRONLY } from "../../ffi/constants.ts";
import type { Answer, Client } from "../../src/proxy/client/client.ts";
import type {
  RequestFields,
  RequestName,
} from "../../src/proxy/wire/protocol.ts";
import type { Place } from "./suite.ts";

/** Makes one request on a name, and closes the descriptor that may come. */
export type Ask = (
  client: Client,
  path: string | Uint8Array,
) => Answer<unknown>;

/** What is asked of a file that must be there. */
export const ON_A_FILE: Readonly<Record<string, Ask>> = {
  OPEN: (client, path) => closed(client, client.open(path, O_RDONLY)),
  LINK: (client, path) => client.link(path, "/new"),
  LSTAT: (client, path) => client.lstat(path),
  READLINK: (client, path) => client.readlink(path),
  STATFS: (client, path) => client.statfs(path),
  CHMOD: (client, path) => client.chmod(path, 0o700),
  CHOWN: (client, path) => client.chown(path, 7, 7),
  TRUNCATE: (client, path) => client.truncate(path, 0n),
  UTIME: (client, path) => client.utime(path, 1n, 2n, 3n, 4n),
  RENAME: (client, path) => client.rename(path, "/new"),
  REMOVE: (client, path) => client.remove(path),
  LGETXATTR: (client, path) => client.lgetxattr(path, "user.a", 16),
  LLISTXATTR: (client, path) => client.llistxattr(path, 16),
  LSETXATTR: (client, path) => client.lsetxattr(path, "user.a", "value", 0),
  LREMOVEXATTR: (client, path) => client.lremovexattr(path, "user.a"),
  GETVERSION: (client, path) => client.getversion(path),
};

/** What makes a name, out of `/file` where it needs one. */
export const ON_A_NEW_NAME: Readonly<Record<string, Ask>> = {
  CREATE: (client, path) =>
    closed(client, client.create(path, O_CREAT | O_WRONLY, 0o644, 0, 0)),
  MKNOD: (client, path) => client.mknod(path, 0o644, 0n, 0, 0),
  MKDIR: (client, path) => client.mkdir(path, 0o755, 0, 0),
  SYMLINK: (client, path) => client.symlink("target", path, 0, 0),
  LINK: (client, path) => client.link("/file", path),
  RENAME: (client, path) => client.rename("/file", path),
};

function closed(client: Client, answer: Answer<number>): Answer<number> {
  if (answer.value !== undefined) {
    client.connection.closeDescriptor(answer.value);
  }
  return answer;
}

/** One good request of a type. */
interface Example<N extends RequestName = RequestName> {
  readonly name: N;
  readonly fields: RequestFields<N>;
}

function example<N extends RequestName>(
  name: N,
  fields: RequestFields<N>,
): Example {
  return { name, fields } as unknown as Example;
}

/** Each request once; in this order, and in what {@linkcode prepareExamples} makes, all succeed. */
export const EXAMPLES: readonly Example[] = [
  example("OPEN", { path: "/file", flags: O_RDONLY }),
  example("CREATE", {
    path: "/created",
    flags: O_CREAT | O_WRONLY,
    mode: 0o640,
    uid: 1000,
    gid: 1000,
  }),
  example("MKNOD", {
    uid: 1000,
    gid: 1000,
    path: "/node",
    mode: 0o600,
    rdev: 0n,
  }),
  example("MKDIR", { uid: 1000, gid: 1000, path: "/made", mode: 0o750 }),
  example("SYMLINK", {
    uid: 1000,
    gid: 1000,
    target: "file",
    path: "/symlink",
  }),
  example("LINK", { old: "/file", new: "/linked" }),
  example("LSTAT", { path: "/file" }),
  example("READLINK", { path: "/link", size: 4096 }),
  example("STATFS", { path: "/" }),
  example("CHMOD", { path: "/file", mode: 0o600 }),
  example("CHOWN", { path: "/file", uid: 1000, gid: 1000 }),
  example("TRUNCATE", { path: "/file", size: 3n }),
  example("UTIME", {
    path: "/file",
    atimeSeconds: 1n,
    atimeNanoseconds: 2n,
    mtimeSeconds: 3n,
    mtimeNanoseconds: 4n,
  }),
  example("RENAME", { old: "/directory", new: "/renamed" }),
  example("REMOVE", { path: "/node" }),
  example("LSETXATTR", {
    path: "/file",
    name: "user.b",
    value: "value",
    size: 5,
    flags: 0,
  }),
  example("LGETXATTR", { size: 16, path: "/file", name: "user.a" }),
  example("LLISTXATTR", { size: 64, path: "/file" }),
  example("LREMOVEXATTR", { path: "/file", name: "user.a" }),
  example("GETVERSION", { path: "/file" }),
];

/** The files that {@linkcode EXAMPLES} are about. */
export function prepareExamples({ host, path }: Place): void {
  Deno.writeTextFileSync(path("file"), "content");
  host.setXattr(path("file"), "user.a", new Uint8Array([1, 2, 3]));
  host.symlink("file", path("link"));
  Deno.mkdirSync(path("directory"));
}
