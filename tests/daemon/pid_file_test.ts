/** `--pid-file`: what is in it, and the lock. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Host } from "../support/host.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import {
  exists,
  type ExportWorkspace,
  exportWorkspace,
} from "../support/workspace.ts";
import {
  failedStart,
  type HelperOptions,
  type RunningHelper,
  startHelper,
  startServing,
} from "../support/helpers.ts";
import { openAnew } from "../support/processes.ts";

const test = testsThatNeed("root");
const perlTest = testsThatNeed("root", "perl");

/** A helper in the background, whose pid file is `pid`, beside the export. */
const startInBackground = (
  place: ExportWorkspace,
  more: HelperOptions = {},
): Promise<RunningHelper> =>
  startHelper({
    place,
    background: true,
    args: ["--pid-file", `${place.path}/pid`],
    ...more,
  });

test("The file has the number of the process in the background, and a newline", async () => {
  using place = exportWorkspace();
  const file = `${place.path}/pid`;
  await using daemon = await startInBackground(place);
  equal(Deno.readTextFileSync(file), `${daemon.pid}\n`);
});

test("In the foreground it has that of the started process", async () => {
  using place = exportWorkspace();
  const file = `${place.path}/pid`;
  await using helper = await startServing({
    place,
    args: [`--pid-file=${file}`],
  });
  equal(Deno.readTextFileSync(file), `${helper.pid}\n`);
});

for (const mask of ["000", "022", "077"]) {
  // Who may read it may lock it, and so keep the next one from starting.
  test(`Nobody else may open the file, with umask ${mask}`, async () => {
    using place = exportWorkspace();
    using host = new Host();
    const file = `${place.path}/pid`;
    await using _ = await startInBackground(place, {
      wrapper: ["sh", "-c", `umask ${mask} && exec "$@"`, "sh"],
    });
    equal(host.lstat(file).mode & 0o777, 0o600);
  });
}

test("Code that runs in the helper can't make the file tell another process", async () => {
  using place = exportWorkspace();
  const file = `${place.path}/pid`;
  await using daemon = await startInBackground(place);
  deepEqual(await openAnew(daemon.pid, file), ["Read-only file system"]);
  equal(Deno.readTextFileSync(file), `${daemon.pid}\n`);
});

test("A symlink is not followed: its owner could have any file written to", async () => {
  using place = exportWorkspace();
  using host = new Host();
  const file = `${place.path}/another`;
  Deno.writeTextFileSync(file, "as it was");
  host.symlink(file, `${place.path}/pid`);
  const stderr = await failedStart({
    // With the host's /proc in it this is refused, too, and later.
    args: ["-n", "-p", "/", "-s", place.socket, "-u0", "-g0", "--pid-file=pid"],
    cwd: place.path,
  });
  match(stderr, /error: Cannot write pid: it is a symlink, /);
  equal(Deno.readTextFileSync(file), "as it was");
});

test("A relative file is made where the caller stands", async () => {
  using place = exportWorkspace();
  await using daemon = await startHelper({
    place,
    background: true,
    args: ["--pid-file=pid"],
    cwd: place.path,
  });
  equal(Deno.readTextFileSync(`${place.path}/pid`), `${daemon.pid}\n`);
});

test("While it serves no second one starts with the same file, which stays as it is", async () => {
  using place = exportWorkspace();
  const file = `${place.path}/pid`;
  await using first = await startInBackground(place);
  for (const mode of [["-n"], []]) {
    const named = ["-s", place.socket, "-u0", "-g0", "--pid-file", file];
    const stderr = await failedStart({
      args: [...mode, "-p", place.export, ...named],
    });
    match(
      stderr,
      /error: Cannot lock \/\S+\/pid: another process holds it, it seems to serve already\n/,
    );
    equal(exists(place.socket), false);
  }
  equal(Deno.readTextFileSync(file), `${first.pid}\n`);
  equal(first.client.lstat("/").errno, 0);
});

perlTest(
  "Others see the lock as virtiofsd's: lockf(3) on the whole file",
  async () => {
    using place = exportWorkspace();
    const file = `${place.path}/pid`;
    await using daemon = await startInBackground(place);
    equal(await lockHolder(file), daemon.pid);
    await daemon.stop();
    equal(await lockHolder(file), undefined);
  },
);

for (const how of ["ends", "is killed"]) {
  test(`When it ${how} the next one takes the file, a longer one too`, async () => {
    using place = exportWorkspace();
    const file = `${place.path}/pid`;
    Deno.writeTextFileSync(file, "12345678901234567890\nand more\n");
    await using first = await startInBackground(place);
    equal(Deno.readTextFileSync(file), `${first.pid}\n`);
    if (how === "ends") first.client.close();
    else first.kill("SIGKILL");
    await first.mark.gone();
    await using second = await startInBackground(place, {
      args: [`--pid-file=${file}`],
    });
    equal(Deno.readTextFileSync(file), `${second.pid}\n`);
  });
}

for (
  const [what, path, message] of [
    [
      "in a missing directory",
      "gone/pid",
      "there is no directory gone; make it first",
    ],
    ["that is a directory", "export", "it is a directory; name a file"],
    ["without a name", "", "a file without a name; give it one"],
  ] as const
) {
  test(`The program refuses a file ${what}`, async () => {
    using place = exportWorkspace();
    for (const mode of [["-n"], []]) {
      const named = ["-s", place.socket, "-u0", "-g0", "--pid-file", path];
      const stderr = await failedStart({
        args: [...mode, "-p", place.export, ...named],
        cwd: place.path,
      });
      match(stderr, new RegExp(`error: Cannot write ${path}: ${message}\n`));
      equal(exists(place.socket), false);
    }
  });
}

/** The process that has a lock on the file, fcntl(2) F_GETLK. */
async function lockHolder(path: string): Promise<number | undefined> {
  // struct flock on 64-bit Linux: short type, short whence, off_t start, off_t len, pid_t pid
  const script = `use Fcntl; open my $f, "+<", $ARGV[0] or die;
    my $lock = pack("s s x4 q q l x4", F_WRLCK, 0, 0, 0, 0);
    fcntl($f, F_GETLK, $lock) or die "$!";
    my ($type, $whence, $start, $length, $pid) = unpack("s s x4 q q l", $lock);
    print $type == F_UNLCK ? "none" : "$start $length $pid";`;
  const { stdout: said } = await run(["perl", "-e", script, path]);
  if (said === "none") return undefined;
  const [start, length, pid] = said.split(" ").map(Number);
  deepEqual([start, length], [0, 0]);
  return pid;
}
