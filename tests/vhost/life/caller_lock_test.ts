/** A file that the caller has locked for the helper, as libvirt does with its pid file, stays locked. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Host } from "../../support/host.ts";
import { run, RunningProgram } from "../../support/programs.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { HELPER } from "../support/helper.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const test = testsThatNeed("root", "perl");

/** Locks the first byte of a file as libvirt does, and executes a command that inherits it. */
const LOCK = `use Fcntl;
  open(F, "+<", shift @ARGV) or die $!;
  fcntl(F, F_SETFD, 0) or die $!;
  my $lock = pack("ssx4qqi", F_WRLCK, 0, 0, 1, 0);
  fcntl(F, F_SETLK, $lock) or die "locked\\n";
  exec @ARGV;`;

const lockAnd = (file: string, ...command: string[]) => [
  ...["perl", "-e", LOCK, file],
  ...command,
];

test("A file that the caller has locked stays locked, and can't be written to, until the helper ends", async () => {
  using place = exportWorkspace();
  using host = new Host();
  const file = `${place.path}/pid`;
  Deno.writeTextFileSync(file, "1\n");
  const isFree = async () => (await run(lockAnd(file, "true"))).code === 0;
  await using helper = new RunningProgram(
    lockAnd(
      file,
      HELPER,
      `--shared-dir=${place.export}`,
      `--socket-path=${place.socket}`,
    ),
  );
  await helper.says(/ Sandbox: /);
  match(helper.output, /no file but [^;]*a file that the caller has locked/);
  equal(await isFree(), false);
  const fds = host.names(`/proc/${helper.pid}/fd`)
    .filter((fd) =>
      text(host.readlink(`/proc/${helper.pid}/fd/${fd}`)) === file
    );
  deepEqual(
    fds.map((fd) =>
      /^flags:\s+\d*(\d)$/m.exec(
        host.readFile(`/proc/${helper.pid}/fdinfo/${fd}`),
      )?.[1]
    ),
    ["0"],
  );
  helper.kill("SIGTERM");
  equal((await helper.end()).code, 0);
  equal(await isFree(), true);
});
