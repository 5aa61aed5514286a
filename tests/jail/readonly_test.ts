/** `--readonly`: the kernel lets nobody write to the export, by whichever way. */
import { equal, match, throws } from "node:assert/strict";
import {
  AT_FDCWD,
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  S_IFIFO,
} from "../../ffi/constants.ts";
import { mountNew } from "../support/file_systems.ts";
import { startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");
const READONLY = ["--readonly"];

test("With --readonly every request that would change something fails with EROFS", async () => {
  using directory = workspace();
  using host = new Host();
  const path = directory.path;
  Deno.writeTextFileSync(`${path}/file`, "old");
  host.symlink("file", `${path}/link`);
  const before = host.lstat(`${path}/file`);
  await using helper = await startHelper({ directory: path, args: READONLY });
  const { client } = helper;
  for (
    const answer of [
      client.create("/new", O_RDWR | O_CREAT, 0o600, 0, 0),
      client.create("/file", O_RDWR | O_CREAT, 0o600, 0, 0),
      client.mkdir("/new", 0o700, 0, 0),
      client.mkdir("/new", 0o700, 1000, 1000),
      client.mknod("/new", S_IFIFO | 0o600, 0n, 0, 0),
      client.open("/file", O_RDWR),
      client.open("/file", O_WRONLY),
      client.open("/file", O_RDONLY | O_TRUNC),
      client.open("/link", O_RDWR),
      client.chmod("/file", 0o777),
      client.chown("/file", 1, 1),
      client.truncate("/file", 0n),
      client.rename("/file", "/other"),
      client.remove("/file"),
      client.link("/file", "/other"),
      client.symlink("file", "/other", 0, 0),
      client.lsetxattr("/file", "user.a", "b", 0),
      client.lremovexattr("/file", "user.a"),
      client.utime("/file", 0n, 0n, 0n, 0n),
    ]
  ) refused(answer, "EROFS");
  const fd = client.open("/file", O_RDONLY).value!;
  equal(host.readAll(fd), "old");
  host.close(fd);
  equal(Deno.readTextFileSync(`${path}/file`), "old");
  equal(host.lstat(`${path}/file`).ctime, before.ctime);
  const { output } = await helper.stop();
  match(output, /info: Serving .*, read-only on /);
  match(output, /info: Sandbox: .*; mount: read-only, nosuid, nodev;/);
});

test("With --readonly descriptors that QEMU holds don't lead to a writable file", async () => {
  using directory = workspace();
  using host = new Host();
  Deno.mkdirSync(`${directory.path}/dir`);
  Deno.writeTextFileSync(`${directory.path}/file`, "old");
  await using helper = await startHelper({
    directory: directory.path,
    args: READONLY,
  });
  const { client } = helper;
  const top = client.open("/", O_RDONLY | O_DIRECTORY).value!;
  const file = client.open("/file", O_RDONLY).value!;
  // This test has the rights of root, and a QEMU that is run well has not.
  const attempts: readonly (() => unknown)[] = [
    () => host.openAt(top, "file", O_RDWR),
    () => host.openAt(top, "new", O_RDWR | O_CREAT),
    () => host.openAt(top, "dir/../file", O_WRONLY),
    () => host.openAt(AT_FDCWD, `/proc/self/fd/${file}`, O_RDWR),
    () => host.mkfifo(`/proc/self/fd/${top}/dir/fifo`),
    () => host.chmod(`/proc/self/fd/${file}`, 0o777),
    () => host.lchown(`/proc/self/fd/${top}/file`, 1, 1),
    () =>
      host.setXattr(`/proc/self/fd/${top}/file`, "user.a", new Uint8Array(1)),
    () => host.mkfifo(`/proc/${helper.pid}/root/fifo`),
  ];
  for (const attempt of attempts) throws(attempt, /EROFS/);
  for (const fd of [top, file]) host.close(fd);
  equal(Deno.readTextFileSync(`${directory.path}/file`), "old");
});

Deno.test({
  name:
    "With --readonly mounts below the export are read-only, and the host's own are not",
  ignore: lacking("root", "mount").length > 0,
  async fn() {
    using directory = workspace();
    using host = new Host();
    const path = directory.path;
    Deno.mkdirSync(`${path}/inner`);
    using _inner = mountNew("tmpfs", `${path}/inner`);
    await using helper = await startHelper({ directory: path, args: READONLY });
    const { client } = helper;
    refused(client.mkdir("/inner/new", 0o700, 0, 0), "EROFS");
    const fd = client.open("/inner", O_RDONLY | O_DIRECTORY).value!;
    throws(() => host.openAt(fd, "new", O_RDWR | O_CREAT), /EROFS/);
    host.close(fd);
    Deno.writeTextFileSync(`${path}/inner/by-the-host`, "new");
    done(client.lstat("/inner/by-the-host"));
  },
});

Deno.test({
  name: "What the host mounts below the export later is not served",
  ignore: lacking("root", "mount").length > 0,
  async fn() {
    using outer = mountNew("tmpfs");
    // As systemd has all mounts: what is mounted on it appears wherever else it is.
    const { success } = new Deno.Command("mount", {
      args: ["--make-shared", outer.path],
    }).outputSync();
    equal(success, true);
    Deno.mkdirSync(`${outer.path}/later`);
    await using helper = await startHelper({
      directory: outer.path,
      args: READONLY,
    });
    const { client } = helper;
    done(client.lstat("/later"));
    using later = mountNew("tmpfs", `${outer.path}/later`);
    Deno.writeTextFileSync(`${later.path}/file`, "new");
    refused(client.lstat("/later/file"), "ENOENT");
    refused(client.mkdir("/later/new", 0o700, 0, 0), "EROFS");
  },
});

Deno.test({
  name: "--readonly without CAP_SYS_ADMIN is refused",
  ignore: lacking("root", "setpriv").length > 0,
  async fn() {
    using directory = workspace();
    await using helper = await startHelper({
      directory: directory.path,
      args: READONLY,
      wrapper: ["setpriv", "--bounding-set", "-sys_admin"],
    });
    const { code, output } = await helper.stop();
    equal(code, 1);
    match(
      output,
      /error: Cannot export .* read-only: the kernel refuses a private mount \(open_tree: operation not permitted \[EPERM\]\)/,
    );
  },
});
