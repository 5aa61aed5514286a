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
import {
  type HelperOptions,
  refusal,
  startHelper,
  withoutWriteGrant,
} from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { shell } from "../support/processes.ts";
import { withoutCapability } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");
const READONLY = ["--readonly"];

for (
  const [what, options] of [
    ["With --readonly", () => ({ args: READONLY })],
    ["Without the write grant", withoutWriteGrant],
  ] as const satisfies [string, (directory: string) => HelperOptions][]
) {
  test(`${what} every request that would change something fails with EROFS`, async () => {
    using place = exportWorkspace();
    using host = new Host();
    const path = place.export;
    Deno.writeTextFileSync(`${path}/file`, "old");
    host.symlink("file", `${path}/link`);
    const before = host.lstat(`${path}/file`);
    await using helper = await startHelper({ place, ...options(path) });
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
    const top = client.open("/", O_RDONLY | O_DIRECTORY).value!;
    throws(() => host.openAt(top, "file", O_RDWR), /EROFS/);
    const file = client.open("/file", O_RDONLY).value!;
    equal(host.readAll(file), "old");
    for (const fd of [top, file]) host.close(fd);
    equal(Deno.readTextFileSync(`${path}/file`), "old");
    equal(host.lstat(`${path}/file`).ctime, before.ctime);
    const output = await helper.finish();
    match(output, /info: Serving .*, read-only on /);
    match(output, /info: Sandbox: .*; mount: read-only, nosuid, nodev;/);
  });

  testsThatNeed("root", "setpriv")(
    `${what} a helper without CAP_SYS_ADMIN refuses to start`,
    async () => {
      using place = exportWorkspace();
      const output = await refusal({
        place,
        ...options(place.export),
        wrapper: withoutCapability("sys_admin"),
      });
      match(
        output,
        /error: Cannot share .* read-only: the kernel refuses a private mount \(open_tree: operation not permitted \[EPERM\]\)/,
      );
    },
  );
}

test("With --readonly descriptors that QEMU holds don't lead to a writable file", async () => {
  using host = new Host();
  await using helper = await startHelper({ args: READONLY });
  const { client, directory } = helper;
  Deno.mkdirSync(`${directory}/dir`);
  Deno.writeTextFileSync(`${directory}/file`, "old");
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
  equal(Deno.readTextFileSync(`${directory}/file`), "old");
});

const mountTest = testsThatNeed("root", "mount");
mountTest(
  "With --readonly mounts below the export are read-only, and the host's own are not",
  async () => {
    using place = exportWorkspace();
    using host = new Host();
    const inner = `${place.export}/inner`;
    Deno.mkdirSync(inner);
    using _inner = mountNew("tmpfs", inner);
    await using helper = await startHelper({ place, args: READONLY });
    const { client } = helper;
    refused(client.mkdir("/inner/new", 0o700, 0, 0), "EROFS");
    const fd = client.open("/inner", O_RDONLY | O_DIRECTORY).value!;
    throws(() => host.openAt(fd, "new", O_RDWR | O_CREAT), /EROFS/);
    host.close(fd);
    Deno.writeTextFileSync(`${inner}/by-the-host`, "new");
    done(client.lstat("/inner/by-the-host"));
  },
);

mountTest(
  "What the host mounts below the export later is not served",
  async () => {
    using outer = mountNew("tmpfs");
    const { path } = outer;
    // As systemd has all mounts: what is mounted on it appears wherever else it is.
    await shell('mount --make-shared "$1"', path);
    Deno.mkdirSync(`${path}/later`);
    await using helper = await startHelper({ directory: path, args: READONLY });
    const { client } = helper;
    done(client.lstat("/later"));
    using later = mountNew("tmpfs", `${path}/later`);
    Deno.writeTextFileSync(`${later.path}/file`, "new");
    refused(client.lstat("/later/file"), "ENOENT");
    refused(client.mkdir("/later/new", 0o700, 0, 0), "EROFS");
  },
);
