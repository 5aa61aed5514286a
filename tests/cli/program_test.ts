/** The program as its caller sees it: exit status, and what it prints. */
import { deepEqual, equal, match } from "node:assert/strict";
import { readManifest } from "../../scripts/program/manifest.ts";
import { connectionPair } from "../support/connections.ts";
import { denoCommand, helperPath } from "../support/helpers.ts";
import { run } from "../support/programs.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "perl");

Deno.test("--help goes to stdout, fits a screen, and is a success", async () => {
  const { code, stdout, stderr } = await run([helperPath(), "--help"]);
  equal(code, 0);
  equal(stderr, "");
  match(stdout, /^Usage: virtfs-proxy-helper/);
  const lines = stdout.trimEnd().split("\n");
  equal(lines.length <= 24, true, `${lines.length} lines`);
  deepEqual(lines.filter((line) => line.length > 88), []);
});

Deno.test("--version is that of deno.json", async () => {
  const { version } = readManifest();
  const { code, stdout } = await run([helperPath(), "--version"]);
  equal(code, 0);
  equal(stdout, `virtfs-proxy-helper ${version}\n`);
});

for (
  const [what, args, message] of [
    [
      "no arguments",
      [],
      "Cannot start: no directory to export was given; add -p DIR",
    ],
    [
      "a missing directory",
      ["-n", "-p", "/nowhere/at/all", "-f", "0"],
      "Cannot export /nowhere/at/all: no such directory",
    ],
    [
      "a file",
      ["-n", "-p", "/etc/passwd", "-f", "0"],
      "Cannot export /etc/passwd: not a directory",
    ],
    [
      "a way through a file",
      ["-n", "-p", "/etc/passwd/x", "-f", "0"],
      "Cannot export /etc/passwd/x: not a directory",
    ],
    [
      "a descriptor that is not open",
      ["-n", "-p", "/var/tmp", "-f", "99"],
      "Cannot use descriptor 99: not open; start the helper with the socket inherited under that number",
    ],
    [
      "a descriptor of the runtime's own",
      ["-n", "-p", "/var/tmp", "-f", "6"],
      "Cannot use descriptor 6: not open; start the helper with the socket inherited under that number",
    ],
    [
      "a descriptor that is no socket",
      ["-n", "-p", "/var/tmp", "-f", "0"],
      "Cannot use descriptor 0: not a socket",
    ],
    [
      "its own stderr as the descriptor",
      ["-n", "-p", "/var/tmp", "-f", "2"],
      "Cannot use descriptor 2: it is stderr, where the log goes; start the helper with the socket inherited under another number",
    ],
  ] as const
) {
  Deno.test({
    name: `The program refuses ${what}, with status 1 and a line that says why`,
    // Rights are asked for before the socket is looked at.
    ignore: message.includes("descriptor") && lacking("root").length > 0,
    async fn() {
      const { code, stdout, stderr } = await run([helperPath(), ...args]);
      equal(code, 1);
      equal(stdout, "");
      equal(stderr.split("\n")[0], `virtfs-proxy-helper: error: ${message}`);
    },
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
    match(
      stderr,
      new RegExp(`error: Cannot use descriptor \\d+: ${fault}\n`),
    );
  });
}

Deno.test("A wrong command line is answered with one line that says why, and one with what to do", async () => {
  for (const args of [["-n", "-p", "/var/tmp", "-f", "3x"], ["--wrong"]]) {
    const { code, stdout, stderr } = await run([helperPath(), ...args]);
    equal(code, 1);
    equal(stdout, "");
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
  const { code, stderr } = await run([
    ...denoCommand([]),
    "-n",
    "-p",
    directory.path,
    "-f",
    "0",
  ]);
  equal(code, 1);
  equal(
    stderr,
    `virtfs-proxy-helper: error: Cannot export ${directory.path}: no read access to it was granted; ` +
      `run deno with --allow-read=${directory.path}, as the launcher does\n`,
  );
});

Deno.test("Without the ffi grant the program refuses, and says what it tried", async () => {
  using directory = workspace();
  const root = new URL("../..", import.meta.url).pathname;
  const { code, stderr } = await run([
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-prompt",
    `--allow-read=${directory.path}`,
    `${root}/src/main.ts`,
    "-n",
    "-p",
    directory.path,
    "-f",
    "0",
  ]);
  equal(code, 1);
  match(
    stderr,
    /error: Cannot bind libc: none of its known places could be opened/,
  );
});

Deno.test({
  name:
    "A failing start leaves QEMU's end of the socket with a reset, not an answer",
  async fn() {
    const { connection, fd } = connectionPair();
    const { code } = await run([
      helperPath(),
      "-n",
      "-p",
      "/nowhere",
      "-f",
      String(fd),
    ]);
    connection.closeDescriptor(fd);
    equal(code, 1);
    equal(connection.receiveSome(1).length, 0);
    connection.close();
  },
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
