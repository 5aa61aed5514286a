/** Where the metrics file may be, and what comes of a directory that can't be written to. */
import { deepEqual, equal, match } from "node:assert/strict";
import { refusal, startServing } from "../support/helpers.ts";
import { metricsOf, parseMetrics } from "../support/metrics.ts";
import { shell } from "../support/processes.ts";
import { withoutCapability } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done } from "../support/said.ts";
import { row } from "../support/sandbox_report.ts";
import { System } from "../support/system.ts";
import { exists, exportWorkspace, workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "mount");
const unprivileged = testsThatNeed("root", "unshare");
const INTERVAL = "--metrics-interval=1";

type Place = ReturnType<typeof exportWorkspace>;

/** What a helper says that refuses to start. */
const refused = (place: Place, file: string, wrapper: string[] = []) =>
  refusal({ place, wrapper, args: ["--metrics-file", file] });

/** A mount namespace of its own, with $1 mounted at $2 too. */
const bound = (from: string, at: string) => [
  ...["unshare", "--mount", "--propagation", "private", "sh", "-ec"],
  'mount --bind "$1" "$2"; shift 2; exec "$@"',
  ...["sh", from, at],
];

test("A file that can't be written is refused in words, and nothing of it changed", async () => {
  using place = exportWorkspace();
  const { path } = place;
  Deno.mkdirSync(`${path}/directory`);
  await shell(
    'ln -s /etc/passwd "$1/link" && ln -s export "$1/in" && mkfifo "$1/fifo"',
    path,
  );
  Deno.mkdirSync(`${place.export}/sub`);
  for (
    const [file, why] of [
      ["missing/a.prom", /no such file or directory.*make the directory first/],
      ["link/a.prom", /not a directory/],
      ["directory", /it is there and no regular file; give the name of a file/],
      ["fifo", /it is there and no regular file; give the name of a file/],
      ["link", /it is there and no regular file; give the name of a file/],
      ["directory/", /it names no file/],
      [`${"x".repeat(251)}`, /a name of 251 bytes/],
      ["export/a.prom", /the guest could read and change it/],
      ["export/sub/a.prom", /the guest could read and change it/],
      ["in/a.prom", /the guest could read and change it/],
    ] as const
  ) {
    match(await refused(place, `${path}/${file}`), why);
  }
  for (const directory of ["/proc", "/proc/self", "/sys/kernel"]) {
    match(
      await refused(place, `${directory}/a.prom`),
      /of (proc|sysfs), by which the kernel is controlled/,
    );
  }
});

test("A directory is the guest's by whatever mount it is reached", async () => {
  using place = exportWorkspace();
  const { path } = place;
  for (const name of ["other/sub", "outside", "export/inner", "export/own"]) {
    Deno.mkdirSync(`${path}/${name}`, { recursive: true });
  }
  for (
    const [file, from, at] of [
      // It is in the export at another place.
      ["other/sub/a.prom", "other", "export/inner"],
      // A part of the export is outside, too.
      ["outside/a.prom", "export/own", "outside"],
    ]
  ) {
    match(
      await refused(
        place,
        `${path}/${file}`,
        bound(`${path}/${from}`, `${path}/${at}`),
      ),
      /the guest could read and change it/,
    );
  }
});

test("A directory is the guest's also where the table of mounts does not have its mount", async () => {
  using place = exportWorkspace();
  match(
    await refused(place, `${place.export}/a.prom`, [
      ...["unshare", "--mount", "--propagation", "private", "sh", "-ec"],
      // The host's directories, but for the one that the share is in.
      `root=$1/root share=$2; shift 2
       mkdir -p "$root$share"
       for directory in /*; do
         case $share/ in "$directory"/*) continue ;; esac
         if [ -L "$directory" ]; then cp -P "$directory" "$root"
         elif [ -d "$directory" ]; then
           mkdir "$root$directory"
           mount --rbind "$directory" "$root$directory"
         fi
       done
       # Deno may be where the share is; a log of permissions, as CI has one, too.
       unset DENO_AUDIT_PERMISSIONS
       if [ ! -e "$root$DENO" ]; then
         mkdir -p "$root\${DENO%/*}"
         cp "$DENO" "$root$DENO"
       fi
       exec chroot "$root" "$@"`,
      ...["sh", place.path, place.export],
    ]),
    /the guest could read and change it/,
  );
});

test("Two helpers do not write the same file, and one that has ended leaves it to the next", async () => {
  using place = exportWorkspace();
  const file = `${place.path}/a.prom`;
  {
    await using helper = await startServing({
      place,
      args: ["--metrics-file", file],
    });
    match(await refused(place, file), /another process writes it/);
    await helper.finish();
  }
  equal(parseMetrics(Deno.readTextFileSync(file)).get("virtfs_serving"), 0);
  await using next = await startServing({
    place,
    args: ["--metrics-file", file],
  });
  equal(parseMetrics(Deno.readTextFileSync(file)).get("virtfs_serving"), 1);
  await next.finish();
});

test("A lock that anybody can have who may read the file keeps no helper from starting", async () => {
  using place = exportWorkspace();
  const file = `${place.path}/a.prom`;
  Deno.writeTextFileSync(file, "");
  await using helper = await startServing({
    place,
    wrapper: ["flock", "--nonblock", file],
    args: ["--metrics-file", file],
  });
  equal(parseMetrics(Deno.readTextFileSync(file)).get("virtfs_serving"), 1);
  await helper.finish();
});

test("The file is root's, to be read by all, whoever the guest's requests are for; what was left over goes", async () => {
  using place = exportWorkspace();
  using directory = workspace();
  const { path } = directory;
  const file = `${path}/a.prom`;
  Deno.writeTextFileSync(`${path}/target`, "kept");
  await shell('ln -s target "$1/.a.prom.new"', path);
  await using helper = await startServing({
    place,
    args: ["--metrics-file", file, INTERVAL, "--readonly"],
  });
  await helper.finish();
  equal(Deno.readTextFileSync(`${path}/target`), "kept");
  Deno.chownSync(place.export, 65534, 65534);
  await using writing = await startServing({
    place,
    args: ["--metrics-file", file, INTERVAL, "--map-root=nobody"],
  });
  done(writing.client.mkdir("/made", 0o700, 0, 0));
  await metricsOf(
    file,
    (samples) => samples.get('virtfs_requests_total{request="MKDIR"}') === 1,
  );
  const { uid, gid, mode } = Deno.statSync(file);
  deepEqual([uid, gid, mode! & 0o7777], [0, 0, 0o644]);
  await writing.finish();
  deepEqual([...Deno.readDirSync(path)].map(({ name }) => name).sort(), [
    "a.prom",
    "target",
  ]);
});

test("A full disk is logged once, serving goes on, and what is there stays whole", async () => {
  using place = exportWorkspace();
  using directory = workspace();
  using system = new System();
  const { path } = directory;
  system.mountTmpfs(path, "size=64k");
  const file = `${path}/a.prom`;
  await using helper = await startServing({
    place,
    args: ["--metrics-file", file, INTERVAL],
  });
  const before = Deno.readTextFileSync(file);
  try {
    Deno.writeFileSync(`${path}/full`, new Uint8Array(1 << 20));
  } catch {
    // It is full now.
  }
  done(helper.client.lstat("/"));
  await helper.says(/Cannot write metrics to .*: no space left/);
  equal(Deno.readTextFileSync(file), before);
  equal(exists(`${path}/.a.prom.new`), false);
  done(helper.client.lstat("/"));
  // So long that it was tried again.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  equal(helper.output.match(/Cannot write metrics/g)?.length, 1);
  Deno.removeSync(`${path}/full`);
  done(helper.client.lstat("/"));
  await helper.says(/Metrics are written to .* again/);
  await helper.finish();
});

test("The jail has the directory as a mount of its own, which is proven", async () => {
  using place = exportWorkspace();
  await using helper = await startServing({
    place,
    args: ["--metrics-file", `${place.path}/a.prom`, "--print-sandbox"],
  });
  const { state, text } = row(await helper.finish(), "descriptors")!;
  equal(state, "ok");
  match(text, /the directory of the metrics file, a mount of its own/);
});

unprivileged(
  "Without the right to mount the directory is kept open, and that is told as a weakness",
  async () => {
    using place = exportWorkspace();
    const file = `${place.path}/a.prom`;
    await using helper = await startServing({
      place,
      wrapper: withoutCapability("sys_admin"),
      args: ["--metrics-file", file, "--print-sandbox"],
    });
    const { state, text } = row(await helper.finish(), "descriptors")!;
    equal(state, "WEAK");
    match(text, /the directory of the metrics file, which leads out by \.\./);
    equal(parseMetrics(Deno.readTextFileSync(file)).get("virtfs_serving"), 0);
  },
);

unprivileged(
  "In a user namespace, as in a container, it is written, too",
  async () => {
    using place = exportWorkspace();
    const file = `${place.path}/a.prom`;
    await using helper = await startServing({
      place,
      wrapper: ["unshare", "-Urm"],
      args: ["--metrics-file", file],
    });
    await helper.finish();
    equal(parseMetrics(Deno.readTextFileSync(file)).get("virtfs_serving"), 0);
  },
);
