/** What the jail of this front end is, as the program tells it and as the kernel does. */
import { deepEqual, equal, match } from "node:assert/strict";
import { descriptors, shell } from "../../support/processes.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { NAMES, row, rows } from "../../support/sandbox_report.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { HELPER } from "../support/helper.ts";
import {
  greet,
  runProgram,
  serveOnce,
  startProgram,
} from "../support/program.ts";

const test = testsThatNeed("root");
const ARGS = ["--fd=FD", "--shared-dir=DIR"];

test("--print-sandbox tells of each property, and none is weak", async () => {
  using place = exportWorkspace();
  const { stdout } = await serveOnce(place, "listener", [
    ...ARGS,
    "--print-sandbox",
  ]);
  const [root, ...others] = NAMES;
  deepEqual(rows(stdout).map(({ name }) => name), [
    ...[root, "working dir.", ...others],
  ]);
  deepEqual(rows(stdout).filter(({ state }) => state !== "ok"), []);
  match(row(stdout, "working dir.")!.text, /a mount of its own/);
});

test("The working directory has the descriptors, and no way out", async () => {
  using place = exportWorkspace();
  await using program = startProgram(place, "connection", [
    ...["--fd=FD", "--shared-dir=DIR"],
  ]);
  using frontEnd = await program.connect();
  greet(frontEnd);
  const [inode, parent, link] = (await shell(
    'cd "/proc/$1/cwd/" && stat -c %i . .. && readlink "/proc/$1/cwd"',
    String(program.pid),
  )).split("\n");
  equal(parent, inode);
  // The root of a mount that has no place.
  equal(link, "/");
  // Nobody but the working directory has it.
  const links = [...(await descriptors(program.pid)).values()];
  deepEqual(links.filter((link) => /^\/proc.*\/fd$/.test(link)), []);
});

test("It keeps the seven capabilities, and more only as it is told", async () => {
  using place = exportWorkspace();
  const seven = await serveOnce(place, "connection", [
    ...ARGS,
    "--print-sandbox",
  ]);
  equal(
    row(seven.stdout, "capabilities")!.text,
    "CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETGID, SETUID, MKNOD",
  );
  const others = await serveOnce(place, "connection", [
    ...[...ARGS, "--print-sandbox", "--modcaps=+setfcap:-mknod"],
  ]);
  const { state, text } = row(others.stdout, "capabilities")!;
  equal(state, "WEAK");
  match(text, /SETUID, SETFCAP: CAP_SETFCAP as asked for/);
});

test("--readonly is the kernel's", async () => {
  using place = exportWorkspace();
  const { stdout } = await serveOnce(place, "connection", [
    ...[...ARGS, "--print-sandbox", "--readonly"],
  ]);
  match(row(stdout, "mount")!.text, /read-only/);
});

test("--map-root leaves the guest one user, and no devices", async () => {
  using place = exportWorkspace();
  Deno.chownSync(place.export, 65534, 65534);
  const { stdout } = await serveOnce(place, "connection", [
    ...[...ARGS, "--print-sandbox", "--map-root=nobody"],
  ]);
  match(row(stdout, "ids")!.text, /65534/);
  equal(row(stdout, "capabilities")!.text.includes("MKNOD"), false);
});

test("--rlimit-nofile is the limit", async () => {
  using place = exportWorkspace();
  const { stdout } = await serveOnce(place, "connection", [
    ...[...ARGS, "--print-sandbox", "--rlimit-nofile=3000"],
  ]);
  match(row(stdout, "limits")!.text, /^3000 files/);
});

test("A limit that the kernel does not have is refused", async () => {
  using place = exportWorkspace();
  const { code, stderr } = await runProgram([
    ...[`--socket-path=${place.socket}`, `--shared-dir=${place.export}`],
    "--rlimit-nofile=999999999",
  ]);
  equal(code, 1);
  match(stderr, /Cannot have 999999999 files open/);
});

test("Without the right to mount it serves, and says what is weaker", async () => {
  using place = exportWorkspace();
  const { stdout, stderr } = await serveOnce(
    place,
    "connection",
    [...ARGS, "--print-sandbox"],
    {
      program: [
        ...["setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin"],
        HELPER,
      ],
    },
  );
  match(stderr, /No private mount of \/proc\/self\/fd/);
  equal(row(stdout, "working dir.")!.state, "WEAK");
  equal(row(stdout, "root")!.state, "WEAK");
});
