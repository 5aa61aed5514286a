/** The program as its caller sees it: exit status, and what it prints. */
import { deepEqual, equal, match } from "node:assert/strict";
import { readManifest } from "../../scripts/program/manifest.ts";
import { connectionPair } from "../support/connections.ts";
import { failedStart, helperPath } from "../support/helpers.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const test = testsThatNeed("root", "perl");

Deno.test("--help goes to stdout, fits a screen, and is a success", async () => {
  const { code, stdout, stderr } = await run([helperPath(), "--help"]);
  equal(code, 0);
  equal(stderr, "");
  match(stdout, /^Usage: virtfs-proxy-helper/);
  const lines = stdout.trimEnd().split("\n");
  equal(lines.length <= 27, true, `${lines.length} lines`);
  deepEqual(lines.filter((line) => line.length > 88), []);
});

Deno.test("--version is that of deno.json", async () => {
  const { version } = readManifest();
  const { code, stdout } = await run([helperPath(), "--version"]);
  equal(code, 0);
  equal(stdout, `virtfs-proxy-helper ${version}\n`);
});

const NOT_OPEN =
  "not open; start the helper with the socket inherited under that number";

for (
  const [line, message] of [
    ["", "Cannot start: no directory to share was given; add -p DIR"],
    [
      "-p /nowhere/at/all -f 0",
      "Cannot share /nowhere/at/all: no such directory",
    ],
    ["-p /etc/passwd -f 0", "Cannot share /etc/passwd: not a directory"],
    ["-p /etc/passwd/x -f 0", "Cannot share /etc/passwd/x: not a directory"],
    ["-p /var/tmp -f 99", `Cannot use descriptor 99: ${NOT_OPEN}`],
    // The runtime has that one open.
    ["-p /var/tmp -f 6", `Cannot use descriptor 6: ${NOT_OPEN}`],
    ["-p /var/tmp -f 0", "Cannot use descriptor 0: not a socket"],
    [
      "-p /var/tmp -f 2",
      "Cannot use descriptor 2: it is stderr, where the log goes; start the helper with the socket inherited under another number",
    ],
  ] as const
) {
  // Rights are asked for before the socket is looked at.
  const test = testsThatNeed(
    ...message.includes("descriptor") ? ["root"] as const : [],
  );
  test(`With "${line}" the program ends with status 1, and a line that says why`, async () => {
    const args = line === "" ? [] : ["-n", ...line.split(" ")];
    const stderr = await failedStart({ args });
    equal(stderr.split("\n")[0], `virtfs-proxy-helper: error: ${message}`);
  });
}

for (
  const [what, family, type, fault] of [
    ["a datagram socket", "AF_UNIX", "SOCK_DGRAM", "not a stream socket"],
    [
      "a network socket",
      "AF_INET",
      "SOCK_STREAM",
      "not a Unix socket, descriptors can't be passed over it",
    ],
    [
      "a listening socket",
      "AF_UNIX",
      "SOCK_STREAM",
      "a listening socket, not a connection",
    ],
  ] as const
) {
  test(`The program refuses ${what}`, async () => {
    const listen = what === "a listening socket"
      ? `bind($s, "\\x01\\x00\\x00vph-test-$$"); listen($s, 1);`
      : "";
    const script =
      `use Socket; socket(my $s, ${family}, ${type}, 0) or die; ${listen}` +
      `use Fcntl; fcntl($s, F_SETFD, 0); exec(@ARGV, "-f", fileno($s));`;
    const { code, stderr } = await run([
      "perl",
      "-e",
      script,
      helperPath(),
      "-n",
      "-p",
      "/var/tmp",
    ]);
    equal(code, 1);
    match(stderr, new RegExp(`error: Cannot use descriptor \\d+: ${fault}\n`));
  });
}

Deno.test("A wrong command line is answered with one line that says why, and one with what to do", async () => {
  for (const args of [["-n", "-p", "/var/tmp", "-f", "3x"], ["--wrong"]]) {
    const stderr = await failedStart({ args });
    const at = stderr.indexOf("\n") + 1;
    match(stderr.slice(0, at), /^virtfs-proxy-helper: error: Cannot use /);
    equal(
      stderr.slice(at),
      'Try "virtfs-proxy-helper --help" for all options.\n',
    );
  }
});

Deno.test("Without the read grant the program refuses, and says which flag is missing", async () => {
  using directory = workspace();
  const { path } = directory;
  equal(
    await failedStart({ args: ["-n", "-p", path, "-f", "0"], grants: [] }),
    `virtfs-proxy-helper: error: Cannot share ${path}: no read access to it was granted; ` +
      `run deno with --allow-read=${path}, as the launcher does\n`,
  );
});

Deno.test("Without the ffi grant the program refuses, and says what it tried", async () => {
  using directory = workspace();
  const { path } = directory;
  const stderr = await failedStart({
    args: ["-n", "-p", path, "-f", "0"],
    program: [
      ...[Deno.execPath(), "run", "--quiet", "--no-prompt"],
      ...[`--allow-read=${path}`, `${ROOT}/src/main.ts`],
    ],
  });
  match(
    stderr,
    /error: Cannot bind libc: it could not be opened; start the program by its launcher/,
  );
});

Deno.test("A failing start leaves QEMU's end of the socket with a reset, not an answer", async () => {
  const { connection, fd } = connectionPair();
  await failedStart({ args: ["-n", "-p", "/nowhere", "-f", String(fd)] });
  connection.closeDescriptor(fd);
  equal(connection.receiveSome(1).length, 0);
  connection.close();
});

test("The program refuses a descriptor that was never connected, and serves one whose peer has gone", async () => {
  using place = workspace();
  const script = `use Socket; use Fcntl;
      my ($s, $t);
      if ($ARGV[0] eq "alone") { socket($s, PF_UNIX, SOCK_STREAM, 0) or die; }
      else { socketpair($s, $t, PF_UNIX, SOCK_STREAM, 0) or die; close $t; }
      fcntl($s, F_SETFD, 0); my $fd = fileno $s;
      exec @ARGV[1..$#ARGV], "-f", $fd;`;
  for (
    const [peer, status, said] of [
      ["alone", 1, /error: Cannot use descriptor \d+: not connected; /],
      ["gone", 0, /info: The peer closed the connection\n/],
    ] as const
  ) {
    const { code, stderr } = await run([
      ...["perl", "-e", script, peer],
      ...[helperPath(), "-n", "-p", place.path],
    ]);
    match(stderr, said);
    equal(code, status);
  }
});
