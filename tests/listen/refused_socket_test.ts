/** `-s SOCKET -u UID -g GID`: what is refused, in words, and leaves nothing behind. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { S_IFSOCK } from "../../ffi/constants.ts";
import { failedStart, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exists, exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

/** Tries to start with a socket of that name in the place, and expects to be refused. */
async function refused(
  prepare: (place: string) => void | Promise<void>,
  name: string,
  [uid, gid]: readonly [string, string],
): Promise<string> {
  using place = exportWorkspace();
  await prepare(place.path);
  return await failedStart({
    args: ["-n", "-p", place.export, "-s", name, "-u", uid, "-g", gid],
    cwd: place.path,
  });
}

for (
  const [what, prepare, name, message] of [
    [
      "a file that exists",
      (path) => Deno.writeTextFileSync(`${path}/sock`, "mine"),
      "sock",
      "Cannot make sock: it exists already and is no socket; choose another name",
    ],
    [
      "a directory",
      (path) => Deno.mkdirSync(`${path}/sock`),
      "sock",
      "Cannot make sock: it exists already and is no socket; choose another name",
    ],
    [
      "a socket that exists",
      (path) => {
        using host = new Host();
        host.mknod(`${path}/sock`, S_IFSOCK | 0o600);
      },
      "sock",
      "Cannot make sock: it exists already; remove it if no other helper uses it",
    ],
    [
      "a path in a missing directory",
      () => {},
      "gone/sock",
      "Cannot make gone/sock: there is no directory gone; make it first",
    ],
    [
      "a path through a file",
      (path) => Deno.writeTextFileSync(`${path}/file`, ""),
      "file/sock",
      "Cannot make file/sock: file is not a directory",
    ],
    [
      "a directory's name",
      () => {},
      "export/",
      "Cannot make export/: it names a directory; add the name of a socket",
    ],
    [
      "a directory's other name",
      () => {},
      "export/..",
      "Cannot make export/..: it names a directory; add the name of a socket",
    ],
    [
      "a path of 108 bytes",
      () => {},
      "x".repeat(108),
      `Cannot make ${
        "x".repeat(108)
      }: a socket's path has 1 to 107 bytes, not 108`,
    ],
  ] as [string, (path: string) => void, string, string][]
) {
  test(`The program refuses to make a socket of ${what}`, async () => {
    equal(
      (await refused(prepare, name, ["0", "0"])).split("\n")[0],
      `virtfs-proxy-helper: error: ${message}`,
    );
  });
}

test("The program refuses a symlink, and makes nothing where it points to", async () => {
  for (const target of ["nowhere", "export/nowhere", "/etc/passwd"]) {
    let target2 = "";
    const stderr = await refused(
      (path) => {
        using host = new Host();
        host.symlink(target, `${path}/sock`);
        target2 = `${path}/${target}`;
      },
      "sock",
      ["0", "0"],
    );
    match(stderr, /error: Cannot make sock: it exists already/);
    equal(exists(target2), false);
  }
});

for (
  const [what, ids, message] of [
    ["a user", ["no-such-user", "0"], "Cannot find a user named no-such-user"],
    [
      "a group",
      ["0", "no-such-group"],
      "Cannot find a group named no-such-gro",
    ],
  ] as const
) {
  test(`The program refuses ${what} that does not exist`, async () => {
    ok((await refused(() => {}, "sock", ids)).includes(`error: ${message}`));
  });
}

test("In a set-group-ID directory the program refuses another group, and leaves nothing behind", async () => {
  using place = exportWorkspace();
  using host = new Host();
  const directory = `${place.path}/shared`;
  Deno.mkdirSync(directory);
  host.lchown(directory, 0, 4321);
  host.chmod(directory, 0o2775);
  const stderr = await failedStart({
    args: ["-n", "-p", place.export, "-s", `${directory}/sock`, "-u1", "-g77"],
  });
  match(
    stderr,
    /error: Cannot make .*sock: its directory gives it another group or mode \(a set-group-ID bit/,
  );
  deepEqual(host.names(directory), []);

  await using helper = await startHelper({
    place,
    socket: `${directory}/sock`,
    owner: [1, 4321],
  });
  equal(host.lstat(`${directory}/sock`).gid, 4321);
  await helper.endWell("SIGTERM");
});

test("In a directory whose default ACL takes the group's access the program refuses, and leaves nothing behind", async () => {
  using place = exportWorkspace();
  using host = new Host();
  const directory = `${place.path}/restricted`;
  Deno.mkdirSync(directory);
  // struct posix_acl_xattr_header {u32 version} and entries {u16 tag, u16 perm, u32 id}: u::rw-, g::---, o::---
  const words = [2, 0, 0x01, 6, -1, -1, 0x04, 0, -1, -1, 0x20, 0, -1, -1];
  host.setXattr(
    directory,
    "system.posix_acl_default",
    new Uint8Array(new Uint16Array(words).buffer),
  );
  const stderr = await failedStart({
    args: ["-n", "-p", place.export, "-s", `${directory}/sock`, "-u1", "-g1"],
  });
  match(stderr, /gives it another group or mode \(.*, or a default ACL\)/);
  deepEqual(host.names(directory), []);
});
