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
import { type RunningHelper, startHelper } from "../support/helpers.ts";
import { Host, HostError } from "../support/host.ts";
import { withoutCapability } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { refused } from "../support/said.ts";
import { exportWorkspace } from "../support/workspace.ts";

const NULL_DEVICE = 0x103n;

interface Harness {
  readonly helper: RunningHelper;
  readonly client: RunningHelper["client"];
  readonly host: Host;
  /** The directory that holds the export, `export`, and what must not be reached, `secret`. */
  readonly outside: string;
}

/** Runs `run` on a helper whose export has a secret beside it. */
async function withHelper(
  run: (harness: Harness) => void,
  wrapper: readonly string[] = [],
): Promise<string> {
  using place = exportWorkspace();
  using host = new Host();
  const outside = place.path;
  Deno.mkdirSync(`${place.export}/inner`);
  Deno.writeTextFileSync(`${outside}/secret`, "not for the guest");
  await using helper = await startHelper({ place, wrapper });
  run({ helper, client: helper.client, host, outside });
  return await helper.finish();
}

const test = (name: string, run: (harness: Harness) => void) =>
  testsThatNeed("root")(name, async () => {
    await withHelper(run);
  });

test("`..` on a passed directory stops at the export", ({ client, host, outside }) => {
  const fd = client.open("/inner", O_RDONLY | O_DIRECTORY).value!;
  const top = host.lstat(`${outside}/export`);
  for (const path of ["..", "../..", "../../..", "../../../../../.."]) {
    const up = host.openAt(fd, path, O_DIRECTORY);
    equal(host.fstat(up).ino, top.ino, path);
    host.close(up);
  }
  throws(() => host.openAt(fd, "../../secret"), /ENOENT/);
  host.close(fd);
});

test("Symlinks out of the export lead nowhere, absolute or relative", ({ client, host, outside }) => {
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
    ) refused(answer, "ENOENT", target);
  }
  // A link to the outside as a directory on the way.
  host.symlink(outside, `${outside}/export/up`);
  refused(client.lstat("/up/secret"), "ENOENT");
  refused(client.rename("/link0", "/up/moved"), "ENOENT");
  equal(Deno.readTextFileSync(`${outside}/secret`), "not for the guest");
});

test("`..` in a path stops at the export", ({ client }) => {
  refused(client.open("/../secret", O_RDONLY), "ENOENT");
  refused(client.open("../secret", O_RDONLY), "ENOENT");
  equal(client.lstat("/../../inner").errno, 0);
  equal(client.lstat("inner").errno, 0);
  equal(client.rename("/inner", "/../stolen").errno, 0);
  equal(client.lstat("/stolen").errno, 0);
});

test("Device nodes are never opened, not even by a passed directory", ({ client, host, outside }) => {
  host.mknod(`${outside}/export/null`, S_IFCHR | 0o666, NULL_DEVICE);
  equal(client.mknod("/zero", S_IFCHR | 0o666, 0x105n, 0, 0).errno, 0);
  equal(client.mknod("/disk", S_IFBLK | 0o666, 0x700n, 0, 0).errno, 0);
  const fd = client.open("/", O_RDONLY | O_DIRECTORY).value!;
  for (const name of ["null", "zero", "disk"]) {
    refused(client.open(`/${name}`, O_RDWR), "ENXIO");
    refused(client.create(`/${name}`, O_RDWR | O_CREAT, 0o600, 0, 0), "ENXIO");
    throws(() => host.openAt(fd, name, O_RDWR), /EACCES/);
  }
  host.close(fd);
});

testsThatNeed("root", "unshare")(
  "Files below a mount of the export are served, and nodev and nosuid hold there too",
  async () => {
    using place = exportWorkspace();
    using host = new Host();
    const mount = 'mount -t tmpfs none "$0"; echo x >"$0/file"; exec "$@"';
    const mounted = `${place.export}/mounted`;
    Deno.mkdirSync(mounted);
    await using helper = await startHelper({
      place,
      wrapper: ["unshare", "--mount", "sh", "-ec", mount, mounted],
    });
    const { client } = helper;
    equal(client.lstat("/mounted/file").value?.size, 2n);
    const answer = client.mknod(
      "/mounted/null",
      S_IFCHR | 0o666,
      NULL_DEVICE,
      0,
      0,
    );
    equal(answer.errno, 0);
    const fd = client.open("/mounted", O_RDONLY | O_DIRECTORY).value!;
    throws(() => host.openAt(fd, "null", O_RDWR), /EACCES/);
    host.close(fd);
  },
);

testsThatNeed("root")(
  "Without CAP_SYS_ADMIN a plain chroot serves, with one warning",
  async () => {
    const output = await withHelper(({ client }) => {
      refused(client.open("/../secret", O_RDONLY), "ENOENT");
      equal(client.mkdir("/made", 0o700, 1000, 1000).errno, 0);
    }, withoutCapability("sys_admin"));
    equal(output.match(/warning:/g)?.length, 1);
    match(
      output,
      /warning: No private mount \(open_tree: operation not permitted \[EPERM\]\): a directory passed to QEMU leads out/,
    );
  },
);

test("Threads from before the jail have an empty root, where nothing can be made", ({ helper, client, host }) => {
  const { pid } = helper;
  equal(client.lstat("/").errno, 0);
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
