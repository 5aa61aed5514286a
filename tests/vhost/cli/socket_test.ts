/** `--socket-path`: the socket, who may connect to it, and the file that locks its name. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Host } from "../../support/host.ts";
import { openAnew } from "../../support/processes.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { exists, exportWorkspace } from "../../support/workspace.ts";
import { HELPER } from "../support/helper.ts";
import {
  greet,
  runProgram,
  serveOnce,
  startProgram,
} from "../support/program.ts";

const test = testsThatNeed("root");
const ARGS = ["--socket-path=SOCKET", "--shared-dir=DIR"];

test("The socket is root's alone, and gone once somebody has connected", async () => {
  using place = exportWorkspace();
  using host = new Host();
  await using program = startProgram(place, "path", ARGS);
  await program.says(/Listening for/);
  const { mode, uid } = host.lstat(place.socket);
  equal(mode, 0o140700);
  equal(uid, 0);
  using frontEnd = await program.connect();
  greet(frontEnd);
  equal(exists(place.socket), false);
});

test("With --reconnect the socket stays for the next, until the program is stopped", async () => {
  using place = exportWorkspace();
  await using program = startProgram(place, "path", [...ARGS, "--reconnect"]);
  for (let round = 0; round < 3; round++) {
    using frontEnd = await program.connect();
    greet(frontEnd);
    equal(exists(place.socket), true);
  }
  program.kill("SIGTERM");
  const { code, output } = await program.end();
  equal(code, 0, output);
  equal(exists(place.socket), false);
});

test("--reconnect with a connection is refused: no other comes after it", async () => {
  using place = exportWorkspace();
  await using program = startProgram(place, "connection", [
    ...["--fd=FD", "--shared-dir=DIR", "--reconnect"],
  ]);
  const { code, output } = await program.end();
  match(
    output,
    /error: Cannot use --reconnect with descriptor \d+: it is a connection, .*; give a socket that listens\n/,
  );
  equal(code, 1);
});

test("With --socket-group that group may connect, too", async () => {
  using place = exportWorkspace();
  using host = new Host();
  await using program = startProgram(place, "path", [
    ...ARGS,
    "--socket-group=12345",
  ]);
  await program.says(/Listening for/);
  const { mode, uid, gid } = host.lstat(place.socket);
  equal(mode, 0o140770);
  equal(uid, 0);
  equal(gid, 12345);
});

test("A group that is not there is refused", async () => {
  using place = exportWorkspace();
  const { code, stderr } = await runProgram([
    ...[`--socket-path=${place.socket}`, `--shared-dir=${place.export}`],
    "--socket-group=no-such-group",
  ]);
  equal(code, 1);
  match(
    stderr,
    /Cannot find a group named no-such-group: give one .*, or a number/,
  );
});

test("The name is locked by a file with the process id, for root alone, which stays", async () => {
  using place = exportWorkspace();
  using host = new Host();
  const lock = `${place.socket}.pid`;
  await using program = startProgram(place, "path", ARGS);
  await program.says(/Listening for/);
  equal(host.readFile(lock), `${program.pid}\n`);
  equal(host.lstat(lock).mode, 0o100600);
  deepEqual(await openAnew(program.pid, lock), ["Read-only file system"]);
  const { code, stderr } = await runProgram([
    ...[`--socket-path=${place.socket}`, `--shared-dir=${place.export}`],
  ]);
  equal(code, 1);
  match(stderr, /Cannot lock .*\.pid: another process holds it/);
  // Neither the other's socket nor its lock was touched.
  equal(host.readFile(lock), `${program.pid}\n`);
  using frontEnd = await program.connect();
  greet(frontEnd);
  frontEnd.close();
  equal((await program.end()).code, 0);
  equal(exists(lock), true);
});

for (const fault of ["chroot:error=EPERM", "seccomp:error=EPERM:when=2"]) {
  testsThatNeed("root", "strace")(
    `Neither the socket nor its lock is left by a start that fails by ${fault}`,
    async () => {
      using place = exportWorkspace();
      const { code, stderr } = await runProgram([
        `--socket-path=${place.socket}`,
        `--shared-dir=${place.export}`,
        `--metrics-file=${place.path}/metrics`,
      ], {
        program: [
          ...["strace", "-f", "-o", "/dev/null", "-e", `inject=${fault}`],
          HELPER,
        ],
      });
      equal(code, 1);
      match(stderr, /error: Cannot (jail|filter system calls)/);
      deepEqual([...Deno.readDirSync(place.path)].map(({ name }) => name), [
        "export",
      ]);
    },
  );
}

test("A symlink in the place of that file is not followed", async () => {
  using place = exportWorkspace();
  using host = new Host();
  const file = `${place.path}/another`;
  Deno.writeTextFileSync(file, "as it was");
  host.symlink(file, `${place.socket}.pid`);
  const { code, stderr } = await runProgram([
    // With the host's /proc in it this is refused, too, and later.
    ...[`--socket-path=${place.socket}`, "--shared-dir=/"],
  ]);
  equal(code, 1);
  match(stderr, /error: Cannot write \S+\.pid: it is a symlink, /);
  equal(Deno.readTextFileSync(file), "as it was");
  equal(exists(place.socket), false);
});

test("The lock is flock(2)'s, as virtiofsd's", async () => {
  using place = exportWorkspace();
  await using program = startProgram(place, "path", ARGS, {
    program: [
      ...["flock", "--nonblock", `${place.socket}.pid`],
      ...["sh", "-c", '"$0" "$@"; exit 9'],
      HELPER,
    ],
  });
  const { code, stderr } = await program.end();
  equal(code, 9);
  match(stderr, /another process holds it/);
});

test("A socket that was left over is replaced", async () => {
  using place = exportWorkspace();
  await using first = startProgram(place, "path", ARGS);
  await first.says(/Listening for/);
  first.kill("SIGKILL");
  await first.end();
  equal(exists(place.socket), true);
  await serveOnce(place, "path", ARGS);
});

test("A file that is no socket stays", async () => {
  using place = exportWorkspace();
  Deno.writeTextFileSync(place.socket, "mine");
  const { code, stderr } = await runProgram([
    ...[`--socket-path=${place.socket}`, `--shared-dir=${place.export}`],
  ]);
  equal(code, 1);
  match(stderr, /it exists already/);
  equal(Deno.readTextFileSync(place.socket), "mine");
});

test("A relative path is one of the caller's directory", async () => {
  using place = exportWorkspace();
  await serveOnce(
    place,
    "path",
    ["--socket-path=sock", "--shared-dir=export"],
    { cwd: place.path },
  );
});

test("A directory with a comma in its name is shared, by both kinds of options", async () => {
  using place = exportWorkspace();
  const directory = `${place.path}/a,b`;
  Deno.mkdirSync(directory);
  for (const [option, name] of [["--shared-dir=", "a,b"], ["-o", "a,,b"]]) {
    const source = option === "-o" ? "source=" : "";
    const args = [
      "--socket-path=SOCKET",
      `${option}${source}${place.path}/${name}`,
    ];
    const { stderr } = await serveOnce(place, "path", args);
    match(stderr, /Serving .*\/a,b/);
  }
});

testsThatNeed("root", "socket activation")(
  "A socket that systemd passes is served as its descriptor",
  async () => {
    using place = exportWorkspace();
    await serveOnce(place, "path", ["--fd=3", "--shared-dir=DIR"], {
      program: [
        ...["systemd-socket-activate", "-l", place.socket],
        ...["-E", `DENO=${Deno.execPath()}`, HELPER],
      ],
    });
    // The name is systemd's to remove.
    equal(exists(place.socket), true);
  },
);
