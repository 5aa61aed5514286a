/** What can be reached from inside the jail, and what can't. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import {
  O_CREAT,
  O_DIRECTORY,
  O_RDONLY,
  O_RDWR,
  S_IFBLK,
  S_IFCHR,
} from "../../ffi/constants.ts";
import { errnoName } from "../../ffi/errno.ts";
import {
  type RunningHelper,
  startHelper,
  withoutWriteGrant,
} from "../support/helpers.ts";
import { Host, HostError } from "../support/host.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root");
const NULL_DEVICE = 0x103n;

interface Harness {
  readonly helper: RunningHelper;
  readonly host: Host;
  /** The directory that holds the export, `export`, and what must not be reached, `secret`. */
  readonly outside: string;
}

/** Runs `run` on a helper whose export has a secret beside it. */
async function withHelper(
  run: (harness: Harness) => void,
  wrapper: readonly string[] = [],
): Promise<string> {
  using directory = workspace();
  using host = new Host();
  const outside = directory.path;
  Deno.mkdirSync(`${outside}/export/inner`, { recursive: true });
  Deno.writeTextFileSync(`${outside}/secret`, "not for the guest");
  await using helper = await startHelper({
    directory: `${outside}/export`,
    wrapper,
  });
  run({ helper, host, outside });
  return await helper.finish();
}

test("`..` on a passed directory stops at the export", async () => {
  await withHelper(({ helper, host, outside }) => {
    const fd = helper.client.open("/inner", O_RDONLY | O_DIRECTORY).value!;
    const top = host.lstat(`${outside}/export`);
    for (const path of ["..", "../..", "../../..", "../../../../../.."]) {
      const up = host.openAt(fd, path, O_DIRECTORY);
      equal(host.fstat(up).ino, top.ino, path);
      host.close(up);
    }
    throws(() => host.openAt(fd, "../../secret"), /ENOENT/);
    host.close(fd);
  });
});

test("Symlinks out of the export lead nowhere, absolute or relative", async () => {
  await withHelper(({ helper, host, outside }) => {
    const { client } = helper;
    const targets = [
      `${outside}/secret`,
      "/etc/passwd",
      "../secret",
      "../../../../../../../../etc/passwd",
      "/proc/1/root/etc/passwd",
      "/proc/self/cwd/../secret",
    ];
    for (const [i, target] of targets.entries()) {
      host.symlink(target, `${outside}/export/link${i}`);
      for (
        const answer of [
          client.open(`/link${i}`, O_RDONLY),
          client.chmod(`/link${i}`, 0o777),
          client.truncate(`/link${i}`, 0n),
          client.statfs(`/link${i}`),
          client.getversion(`/link${i}`),
        ]
      ) equal(errnoName(answer.errno), "ENOENT", target);
    }
    // A link to the outside as a directory on the way.
    host.symlink(outside, `${outside}/export/up`);
    equal(errnoName(client.lstat("/up/secret").errno), "ENOENT");
    equal(errnoName(client.rename("/link0", "/up/moved").errno), "ENOENT");
    equal(Deno.readTextFileSync(`${outside}/secret`), "not for the guest");
  });
});

test("`..` in a path stops at the export", async () => {
  await withHelper(({ helper }) => {
    const { client } = helper;
    equal(errnoName(client.open("/../secret", O_RDONLY).errno), "ENOENT");
    equal(errnoName(client.open("../secret", O_RDONLY).errno), "ENOENT");
    equal(client.lstat("/../../inner").errno, 0);
    equal(client.lstat("inner").errno, 0);
    equal(client.rename("/inner", "/../stolen").errno, 0);
    equal(client.lstat("/stolen").errno, 0);
  });
});

test("Device nodes are never opened, not even by a passed directory", async () => {
  await withHelper(({ helper, host, outside }) => {
    const { client } = helper;
    host.mknod(`${outside}/export/null`, S_IFCHR | 0o666, NULL_DEVICE);
    equal(client.mknod("/zero", S_IFCHR | 0o666, 0x105n, 0, 0).errno, 0);
    equal(client.mknod("/disk", S_IFBLK | 0o666, 0x700n, 0, 0).errno, 0);
    const fd = client.open("/", O_RDONLY | O_DIRECTORY).value!;
    for (const name of ["null", "zero", "disk"]) {
      equal(errnoName(client.open(`/${name}`, O_RDWR).errno), "ENXIO");
      equal(
        errnoName(
          client.create(`/${name}`, O_RDWR | O_CREAT, 0o600, 0, 0).errno,
        ),
        "ENXIO",
      );
      throws(() => host.openAt(fd, name, O_RDWR), /EACCES/);
    }
    host.close(fd);
  });
});

Deno.test({
  name:
    "Files below a mount of the export are served, and nodev and nosuid hold there too",
  ignore: lacking("root", "unshare").length > 0,
  async fn() {
    using directory = workspace();
    Deno.mkdirSync(`${directory.path}/mounted`);
    await using helper = await startHelper({
      directory: directory.path,
      wrapper: [
        "unshare",
        "--mount",
        "sh",
        "-c",
        `mount -t tmpfs none ${directory.path}/mounted && echo x >${directory.path}/mounted/file && exec "$0" "$@"`,
      ],
    });
    equal(helper.client.lstat("/mounted/file").value?.size, 2n);
    using host = new Host();
    equal(
      helper.client.mknod("/mounted/null", S_IFCHR | 0o666, NULL_DEVICE, 0, 0)
        .errno,
      0,
    );
    const fd = helper.client.open("/mounted", O_RDONLY | O_DIRECTORY).value!;
    throws(() => host.openAt(fd, "null", O_RDWR), /EACCES/);
    host.close(fd);
  },
});

test("Without the write grant the export is read-only, also by a passed directory", async () => {
  using directory = workspace();
  using host = new Host();
  Deno.writeTextFileSync(`${directory.path}/file`, "old");
  await using helper = await startHelper(withoutWriteGrant(directory.path));
  const { client } = helper;
  for (
    const answer of [
      client.create("/new", O_RDWR | O_CREAT, 0o600, 0, 0),
      client.mkdir("/new", 0o700, 0, 0),
      client.open("/file", O_RDWR),
      client.chmod("/file", 0o777),
      client.chown("/file", 1, 1),
      client.truncate("/file", 0n),
      client.rename("/file", "/other"),
      client.remove("/file"),
      client.link("/file", "/other"),
      client.symlink("file", "/other", 0, 0),
      client.lsetxattr("/file", "user.a", "b", 0),
      client.utime("/file", 0n, 0n, 0n, 0n),
    ]
  ) equal(errnoName(answer.errno), "EROFS");
  const fd = client.open("/", O_RDONLY | O_DIRECTORY).value!;
  throws(() => host.openAt(fd, "file", O_RDWR), /EROFS/);
  host.close(fd);
  const read = client.open("/file", O_RDONLY).value!;
  equal(host.readAll(read), "old");
  host.close(read);
  match((await helper.stop()).output, /info: Serving .*, read-only/);
});

test("Without CAP_SYS_ADMIN a plain chroot serves, with one warning", async () => {
  const output = await withHelper(({ helper }) => {
    const { client } = helper;
    equal(errnoName(client.open("/../secret", O_RDONLY).errno), "ENOENT");
    equal(client.mkdir("/made", 0o700, 1000, 1000).errno, 0);
  }, ["setpriv", "--bounding-set", "-sys_admin"]);
  equal(output.match(/warning:/g)?.length, 1);
  match(
    output,
    /warning: No private mount \(open_tree: operation not permitted \[EPERM\]\): a directory passed to QEMU leads out/,
  );
});

test("Read-only without CAP_SYS_ADMIN is refused", async () => {
  using directory = workspace();
  await using helper = await startHelper({
    ...withoutWriteGrant(directory.path),
    wrapper: ["setpriv", "--bounding-set", "-sys_admin"],
  });
  const { code, output } = await helper.end();
  equal(code, 1);
  match(
    output,
    /error: Cannot export .* read-only: the kernel refuses a private mount/,
  );
});

test("Threads from before the jail have an empty root, where nothing can be made", async () => {
  await withHelper(({ helper, host }) => {
    const { pid } = helper;
    equal(helper.client.lstat("/").errno, 0);
    const top = host.lstat(`/proc/${pid}/root/.`);
    let others = 0;
    for (const tid of host.names(`/proc/${pid}/task`)) {
      const root = `/proc/${pid}/task/${tid}/root`;
      try {
        if (host.lstat(`${root}/.`).dev === top.dev) continue;
        deepEqual(host.names(root), []);
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        // One that has ended.
        equal(host.names(`/proc/${pid}/task`).includes(tid), false);
        continue;
      }
      throws(() => host.mkfifo(`${root}/fifo`), /EROFS|ENOENT/);
      others++;
    }
    ok(others > 0, "every thread has the export as its root");
  });
});
