/** What is exported can't be unmounted on the host while it is served. */
import { deepEqual, equal, match } from "node:assert/strict";
import { mountNew } from "../support/file_systems.ts";
import {
  type HelperOptions,
  startHelper,
  startServing,
} from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { MAPPED } from "../support/mapped.ts";
import { IN_USER_NAMESPACE } from "../support/namespaces.ts";
import { shell } from "../support/processes.ts";
import { RunningProgram, withoutCapability } from "../support/programs.ts";
import { type Need, testsThatNeed } from "../support/requirements.ts";
import { System } from "../support/system.ts";
import { type ExportWorkspace, exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "mount");

/** Mounts an export with one file system in it, and in that another. */
function makeFiles(system: System, place: ExportWorkspace): readonly string[] {
  const below = `${place.export}/dir/b c`;
  system.mountTmpfs(place.export, "size=1m");
  Deno.mkdirSync(below, { recursive: true });
  system.mountTmpfs(below, "size=1m");
  Deno.mkdirSync(`${below}/deep`);
  system.mountTmpfs(`${below}/deep`, "size=1m");
  return [`${below}/deep`, below, place.export];
}

/** Each as umount(8) finds it, the innermost first. */
const unmountAll = (system: System, paths: readonly string[]) =>
  paths.map((path) => system.unmount(path));

const BUSY = ["EBUSY", "EBUSY", "EBUSY"];
const FREE = ["ok", "ok", "ok"];

for (
  const [how, options, needs] of [
    ["", {}, []],
    [" read-only", { args: ["--readonly"] }, []],
    [" with mapped ids", { args: MAPPED }, ["mapped tmpfs"]],
    [" without a filter", { args: ["--seccomp", "none"] }, []],
    [
      " from a plain chroot",
      { wrapper: withoutCapability("sys_admin") },
      ["setpriv"],
    ],
  ] as const satisfies [string, HelperOptions, Need[]][]
) {
  const test = testsThatNeed("root", "mount", ...needs);
  test(`The export and what is mounted in it are busy while served${how}`, async () => {
    using place = exportWorkspace();
    using system = new System();
    const paths = makeFiles(system, place);
    await using helper = await startHelper({ ...options, place });
    equal(helper.client.lstat("/dir/b c/deep").errno, 0);
    deepEqual(unmountAll(system, paths), BUSY);
    equal(helper.client.lstat("/dir/b c/deep").errno, 0);
    await helper.finish();
    deepEqual(unmountAll(system, paths), FREE);
  });
}

for (
  const [kind, need] of [["ext4", "mapped ext4"], ["tmpfs", "mount"]] as const
) {
  const test = testsThatNeed("root", "mount", need);
  test(`A disk that is exported in part is busy as a whole: ${kind}`, async () => {
    using disk = mountNew(kind);
    using system = new System();
    using host = new Host();
    Deno.mkdirSync(`${disk.path}/export`);
    host.symlink("export", `${disk.path}/link`);
    await using helper = await startHelper({ directory: `${disk.path}/link` });
    equal(helper.client.mkdir("/made", 0o700, 0, 0).errno, 0);
    equal(system.unmount(disk.path), "EBUSY");
    await helper.finish();
    equal(system.unmount(disk.path), "ok");
  });
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`In the background it is busy, too, and free after ${signal}`, async () => {
    using place = exportWorkspace();
    using system = new System();
    const paths = makeFiles(system, place);
    await using helper = await startServing({ place, background: true });
    deepEqual(unmountAll(system, paths), BUSY);
    helper.kill(signal);
    await helper.mark.gone();
    deepEqual(unmountAll(system, paths), FREE);
  });
}

test("It is busy before QEMU has connected", async () => {
  using place = exportWorkspace();
  using system = new System();
  const paths = makeFiles(system, place);
  await using helper = await startHelper({ place, socket: true });
  deepEqual(unmountAll(system, paths), BUSY);
  const { client } = helper;
  equal(client.lstat("/").errno, 0);
  deepEqual(unmountAll(system, paths), BUSY);
  await helper.finish();
  deepEqual(unmountAll(system, paths), FREE);
});

testsThatNeed("root", "unshare")(
  "In a user namespace that has mounted it itself it is busy there",
  async () => {
    using place = exportWorkspace();
    const below = `${place.export}/below`;
    await using helper = await startHelper({
      place,
      wrapper: [
        ...[...IN_USER_NAMESPACE, "sh", "-ec"],
        'mount -t tmpfs a "$0"; mkdir "$0/below"; mount -t tmpfs b "$0/below"; exec "$@"',
        place.export,
      ],
    });
    equal(helper.client.mkdir("/below/made", 0o700, 0, 0).errno, 0);
    const inside = `nsenter -t ${helper.pid} -U -m --preserve-credentials`;
    for (const path of [below, place.export]) {
      const umount = `LC_ALL=C ${inside} umount "$1" 2>&1 || :`;
      match(await shell(umount, path), /target is busy/);
    }
    equal(helper.client.lstat("/below/made").errno, 0);
    await helper.finish();
  },
);

test("umount --lazy works as ever", async () => {
  using place = exportWorkspace();
  using system = new System();
  makeFiles(system, place);
  await using helper = await startHelper({ place });
  equal(helper.client.lstat("/dir/b c/deep").errno, 0);
  system.unmountAll();
  deepEqual([...Deno.readDirSync(place.export)], []);
  equal(helper.client.lstat("/dir/b c/deep").errno, 0);
  await helper.finish();
});

test("A mount whose parent is shared can't be unmounted by its twin", async () => {
  using place = exportWorkspace();
  using system = new System();
  const twin = `${place.path}/twin`;
  Deno.mkdirSync(twin);
  system.mountTmpfs(place.export, "size=1m");
  Deno.mkdirSync(`${place.export}/below`);
  await shell('mount --make-shared "$1"', place.export);
  await shell('mount --bind "$1" "$2"', place.export, twin);
  try {
    await shell('mount -t tmpfs below "$1"', `${twin}/below`);
    await using helper = await startHelper({ place });
    equal(helper.client.lstat("/below").errno, 0);
    equal(system.unmount(`${twin}/below`), "EBUSY");
    await helper.finish();
    equal(system.unmount(`${twin}/below`), "ok");
  } finally {
    await shell('umount "$1"', twin);
  }
});

testsThatNeed("root", "mount", "unshare")(
  "From a mount namespace that is a slave of the host's it is busy there",
  async () => {
    using place = exportWorkspace();
    using system = new System();
    system.mountTmpfs(place.export, "size=1m");
    // As all of a host's mounts are where systemd has started it.
    await shell('mount --make-shared "$1"', place.export);
    Deno.mkdirSync(`${place.export}/below`);
    system.mountTmpfs(`${place.export}/below`, "size=1m");
    await using helper = await startHelper({
      place,
      wrapper: ["unshare", "--mount", "--propagation", "slave"],
    });
    equal(helper.client.lstat("/below").errno, 0);
    equal(system.unmount(`${place.export}/below`), "EBUSY");
    await helper.finish();
    equal(system.unmount(`${place.export}/below`), "ok");
  },
);

const SYS_mount = Deno.build.arch === "aarch64" ? 40 : 165;

/** Mounts a file system whose server never answers, says so, and waits to be killed. */
const SILENT_SERVER = `
  open(my $fuse, "+<", "/dev/fuse") or die "fuse: $!";
  my $options = "fd=" . fileno($fuse) . ",rootmode=40000,user_id=0,group_id=0,allow_other";
  my ($source, $type, $place) = ("silent", "fuse.silent", @ARGV);
  syscall(${SYS_mount}, $source, $place, $type, 0, $options) == 0 or die "mount: $!";
  $| = 1; print "mounted\\n"; sleep;
`;

testsThatNeed("root", "mount", "perl", hasFuse())(
  "A file system whose server is silent does not hold up the start",
  async () => {
    using place = exportWorkspace();
    using system = new System();
    const silent = `${place.export}/silent`, file = `${place.export}/file`;
    Deno.mkdirSync(silent);
    Deno.writeTextFileSync(file, "");
    Deno.writeTextFileSync(`${place.path}/other`, "");
    await shell('mount --bind "$1" "$2"', `${place.path}/other`, file);
    await using server = new RunningProgram([
      ...["perl", "-e", SILENT_SERVER, silent],
    ]);
    await server.says(/mounted/);
    // It is killed if that takes too long.
    await using helper = await startHelper({ place, socket: true });
    equal(system.unmount(file), "ok");
    equal(system.unmount(silent), "ok");
    helper.kill("SIGTERM");
    const output = await helper.finish();
    match(output, /info: What can be unmounted on the host while it is/);
    match(output, /\/silent \(fuse\.silent; a server may keep us waiting\)/);
    match(output, /\/file \(\w+; not a directory\)/);
  },
);

function hasFuse(): boolean {
  using host = new Host();
  return host.names("/dev").includes("fuse");
}

test("With few descriptors some mounts are free, and the rest is for serving", async () => {
  using place = exportWorkspace();
  using system = new System();
  const names = Array.from({ length: 40 }, (_, i) => `mount${i}`);
  for (const name of names) {
    Deno.mkdirSync(`${place.export}/${name}`);
    system.mountTmpfs(`${place.export}/${name}`, "size=64k");
  }
  await using helper = await startHelper({
    place,
    wrapper: ["sh", "-c", 'ulimit -n 64; exec "$@"', "sh"],
  });
  const { client, connection } = helper;
  for (const name of names) {
    const { value, errno } = client.open(`/${name}`, 0o200000);
    equal(errno, 0, name);
    connection.closeDescriptor(value!);
  }
  const said = names.map((name) => system.unmount(`${place.export}/${name}`));
  equal(said[0], "EBUSY");
  equal(said.at(-1), "ok");
  const output = await helper.finish();
  match(output, /mount39|and \d+ more/);
  match(output, /too many for the limit of open files/);
});
