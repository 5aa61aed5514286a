/** The program as its caller sees it: exit status, and what it prints. */
import { deepEqual, equal, match } from "node:assert/strict";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { mkdir } from "../../../src/vhost_user_fs/client/requests/names.ts";
import { readManifest } from "../../../scripts/program/manifest.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { HELPER } from "../support/helper.ts";
import {
  greet,
  runProgram,
  serveOnce,
  startProgram,
} from "../support/program.ts";

const test = testsThatNeed("root");

Deno.test("--help goes to stdout, and is a success", async () => {
  for (const option of ["--help", "-h"]) {
    const { code, stdout, stderr } = await runProgram([option]);
    equal(code, 0);
    equal(stderr, "");
    match(stdout, /^Usage: virtfs-vhost-helper /);
    deepEqual(stdout.split("\n").filter((line) => line.length > 100), []);
  }
});

Deno.test("Without arguments it says what is missing, with status 2", async () => {
  const { code, stdout, stderr } = await runProgram([]);
  equal(code, 2);
  equal(stdout, "");
  match(
    stderr,
    /^virtfs-vhost-helper: error: Cannot start: no directory to share was given; add --shared-dir DIR\nUsage: virtfs-vhost-helper /,
  );
});

Deno.test("--version is one line, with the version of deno.json", async () => {
  const { version } = readManifest();
  for (const option of ["--version", "-V"]) {
    const { code, stdout } = await runProgram([option]);
    equal(code, 0);
    equal(stdout, `virtfs-vhost-helper ${version}\n`);
  }
});

Deno.test("--print-capabilities tells what is true, whatever else is said", async () => {
  for (
    const others of [[], ["--fd=1000", "--shared-dir", "/nowhere"], ["--x"]]
  ) {
    const { code, stdout, stderr } = await runProgram([
      ...others,
      "--print-capabilities",
    ]);
    equal(code, 0);
    equal(stderr, "");
    deepEqual(JSON.parse(stdout), {
      type: "fs",
      features: ["separate-options", "posix-acl-negotiation-mode"],
    });
  }
});

Deno.test("An option that is not known ends it with status 2, and with the usage on stderr", async () => {
  const { code, stdout, stderr } = await runProgram(["--shared-dr", "/tmp"]);
  equal(code, 2);
  equal(stdout, "");
  const [error, usage] = stderr.split("\n");
  equal(
    error,
    "virtfs-vhost-helper: error: Cannot use --shared-dr: there is no such option; did you mean --shared-dir?",
  );
  match(usage!, /^Usage: /);
});

Deno.test("A directory that is not there ends it with status 1, and one line", async () => {
  const { code, stdout, stderr } = await runProgram([
    "--fd=3",
    "--shared-dir=/nowhere/at/all",
  ]);
  equal(code, 1);
  equal(stdout, "");
  equal(
    stderr,
    "virtfs-vhost-helper: error: Cannot share /nowhere/at/all: no such directory\n",
  );
});

for (
  const [what, fd, message] of [
    ["is not open", 99, "not open; start the helper with"],
    ["is no socket", 0, "not a socket"],
    ["is its stderr", 2, "it is stderr"],
  ] as const
) {
  test(`A descriptor that ${what} ends it with status 1`, async () => {
    using place = exportWorkspace();
    const { code, stderr } = await runProgram([
      ...[`--fd=${fd}`, `--shared-dir=${place.export}`],
    ]);
    equal(code, 1, stderr);
    match(stderr, new RegExp(`Cannot use descriptor ${fd}: ${message}`));
  });
}

test("Of what changes nothing there is a warning each, with the reason", async () => {
  using place = exportWorkspace();
  const { stderr } = await serveOnce(place, "listener", [
    ...["--fd=FD", "--shared-dir=DIR", "--thread-pool-size=8", "--writeback"],
    ...["--sandbox=none", "-f"],
  ]);
  const told = [...stderr.matchAll(/warning: (.*) has no effect: ./g)];
  deepEqual(told.map(([, option]) => option).sort(), [
    "--sandbox none",
    "--thread-pool-size 8",
    "--writeback",
    "-f",
  ], stderr);
});

test("SIGTERM ends it while it waits, and its socket with it", async () => {
  using place = exportWorkspace();
  await using program = startProgram(place, "path", [
    ...["--socket-path=SOCKET", "--shared-dir=DIR"],
  ]);
  await program.says(/Listening for/);
  program.kill("SIGTERM");
  equal((await program.end()).code, 0);
  deepEqual([...Deno.readDirSync(place.path)].map(({ name }) => name).sort(), [
    "export",
    "sock.pid",
  ]);
});

test("SIGTERM ends it while it serves", async () => {
  using place = exportWorkspace();
  await using program = startProgram(place, "connection", [
    ...["--fd=FD", "--shared-dir=DIR"],
  ]);
  using frontEnd = await program.connect();
  greet(frontEnd);
  program.kill("SIGTERM");
  equal((await program.end()).code, 0);
});

test("With --die-with-parent it ends with its parent, after requests of users, too", async () => {
  using place = exportWorkspace();
  Deno.chmodSync(place.export, 0o777);
  await using program = startProgram(place, "connection", [
    ...["--fd=FD", "--shared-dir=DIR", "--die-with-parent"],
  ], { program: ["sh", "-c", '"$@" & wait', "sh", HELPER] });
  using frontEnd = await program.connect();
  const session = greet(frontEnd);
  // The first change of the fsuid is what the kernel forgets PR_SET_PDEATHSIG at.
  session.as(
    { uid: 1000, gid: 1000 },
    () => session.must(mkdir(ROOT, "d", 0o755)),
  );
  program.kill("SIGKILL");
  equal(frontEnd.connection.ended(), true);
  await program.mark.gone();
});

test("--log-format json makes each line an object", async () => {
  using place = exportWorkspace();
  const { stderr } = await serveOnce(place, "listener", [
    ...["--fd=FD", "--shared-dir=DIR", "--log-format=json"],
  ]);
  for (const line of stderr.trimEnd().split("\n")) {
    equal(typeof JSON.parse(line).message, "string");
  }
});

test("It serves with its stderr closed", async () => {
  using place = exportWorkspace();
  const closing = ["sh", "-c", 'exec "$0" "$@" 2>&-', HELPER];
  await serveOnce(place, "listener", ["--fd=FD", "--shared-dir=DIR"], {
    program: closing,
  });
});
