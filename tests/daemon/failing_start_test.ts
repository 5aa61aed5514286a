/** A start in the background that fails: the caller hears why, and nothing stays. */
import { deepEqual, equal, match } from "node:assert/strict";
import { connectionPair } from "../support/connections.ts";
import { failedStart, runHelper } from "../support/helpers.ts";
import { Mark } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import {
  exists,
  type ExportWorkspace,
  exportWorkspace,
} from "../support/workspace.ts";

const test = testsThatNeed("root");
const straceTest = testsThatNeed("root", "strace");
const setprivTest = testsThatNeed("root", "setpriv");

for (
  const [what, args, message] of [
    [
      "a missing directory",
      ({ path }) => ["-p", `${path}/gone`, "-f", "3"],
      /^Cannot share \/\S+\/gone: no such directory$/,
    ],
    [
      "no socket",
      (place) => ["-p", place.export],
      /^Cannot start: no socket was given; add -f FD, or -s SOCKET/,
    ],
    [
      "a descriptor that is not open",
      (place) => ["-p", place.export, "-f", "99"],
      /^Cannot use descriptor 99: not open/,
    ],
    [
      "a descriptor that is no socket",
      (place) => ["-p", place.export, "-f", "0"],
      /^Cannot use descriptor 0: not a socket$/,
    ],
    [
      "a socket in a missing directory",
      ({ path, export: dir }) => ["-p", dir, "-s", `${path}/gone/s`, ...OWNED],
      /^Cannot make \/\S+\/gone\/s: there is no directory \/\S+\/gone; make it first$/,
    ],
    [
      "a socket's name that is a directory's",
      (place) => ["-p", place.export, "-s", place.export, ...OWNED],
      /^Cannot make \/\S+: it exists already and is no socket; choose another/,
    ],
    [
      "a user that does not exist",
      (place) => ["-p", place.export, "-s", place.socket, "-unoone", "-g0"],
      /^Cannot find a user named noone: give one that this host has, or a number$/,
    ],
    [
      "a pid file that can't be written",
      ({ path, export: dir, socket }) => [
        ...["-p", dir, "-s", socket, ...OWNED],
        `--pid-file=${path}/gone/pid`,
      ],
      /^Cannot write \/\S+\/gone\/pid: there is no directory \/\S+\/gone; make it first$/,
    ],
  ] as [string, (place: ExportWorkspace) => string[], RegExp][]
) {
  test(`With ${what} it fails, and says why on the caller's stderr`, async () => {
    using place = exportWorkspace();
    const stderr = await failedStart({ args: args(place) });
    match(theError(stderr), message);
    // There may be no syslog here, of which whoever hears why it failed needs to know nothing.
    equal(stderr.includes("warning"), false, stderr);
    equal(exists(place.socket), false);
  });
}

const OWNED = ["-u", "0", "-g", "0"];

/** The text of the only error line. */
function theError(stderr: string): string {
  const prefix = "virtfs-proxy-helper: error: ";
  const errors = stderr.split("\n").filter((line) => line.startsWith(prefix));
  equal(errors.length, 1, stderr);
  return errors[0]!.slice(prefix.length);
}

straceTest("A jail that can't be built is reported to the caller", async () => {
  using place = exportWorkspace();
  await using mark = new Mark();
  const { connection, fd } = connectionPair();
  using _ = connection;
  const { code, stderr } = await runHelper({
    args: ["-p", place.export, "-f", String(fd)],
    mark,
    wrapper: ["strace", "-f", "-o", "/dev/null"].concat(
      ["-e", "inject=chroot:error=EPERM"],
    ),
  });
  connection.closeDescriptor(fd);
  equal(code, 1);
  match(
    theError(stderr),
    /^Cannot jail \/\S+: chroot: operation not permitted \[EPERM\]$/,
  );
  await mark.gone();
  equal(connection.receiveSome(1).length, 0);
});

for (
  const [where, fault, message] of [
    ["before the jail", "chroot:error=EPERM", /^Cannot jail /],
    [
      "in the jail",
      "seccomp:error=EPERM:when=2",
      /^Cannot filter system calls: /,
    ],
  ] as const
) {
  straceTest(
    `Neither its socket nor its files are left by a start that fails ${where}`,
    async () => {
      using place = exportWorkspace();
      const pidFile = `${place.path}/pid`;
      Deno.writeTextFileSync(pidFile, "of an earlier one\n");
      const { code, stderr } = await runHelper({
        args: ["-p", place.export, "-s", place.socket, ...OWNED].concat(
          `--pid-file=${pidFile}`,
          `--metrics-file=${place.path}/metrics`,
        ),
        wrapper: ["strace", "-f", "-o", "/dev/null"].concat(
          ["-e", `inject=${fault}`],
        ),
      });
      equal(code, 1);
      match(theError(stderr), message);
      deepEqual(names(place.path), ["export"]);
    },
  );
}

/** What is in a directory. */
function names(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

setprivTest("Warnings of the start are told to the caller, too", async () => {
  using place = exportWorkspace();
  const { code, stderr } = await runHelper({
    args: ["-p", place.export, "-s", place.socket, ...OWNED],
    wrapper: ["setpriv", "--bounding-set", "-sys_admin"],
  });
  equal(code, 0);
  match(
    stderr,
    /^virtfs-proxy-helper: warning: No private mount \(open_tree: operation not permitted \[EPERM\]\)/m,
  );
  // And nothing else.
  equal(/ (info|error): /.test(stderr), false, stderr);
});

test("In JSON, too, if that was asked for", async () => {
  using place = exportWorkspace();
  const stderr = await failedStart({
    args: ["-p", place.export, "-f", "99", "--log-format", "json"],
  });
  const lines = stderr.trimEnd().split("\n").map((line) => JSON.parse(line));
  const { level, message } = lines.at(-1);
  equal(level, "error");
  match(message, /^Cannot use descriptor 99: not open/);
});

test("With stderr closed it fails all the same, and leaves nothing", async () => {
  using place = exportWorkspace();
  await failedStart({
    args: ["-p", place.export, "-f", "99"],
    wrapper: ["sh", "-c", 'exec "$@" 2>&-', "sh"],
  });
});
