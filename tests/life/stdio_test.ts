/** stdin, stdout, stderr: closed, the socket itself, or with nobody at the other end. */
import { equal, match } from "node:assert/strict";
import { connectionPair } from "../support/connections.ts";
import { runHelper, startHelper } from "../support/helpers.ts";
import { descriptors, Mark } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";
import { logged } from "../support/said.ts";

const test = testsThatNeed("root");
const perlTest = testsThatNeed("root", "perl");

/** Runs a command with redirections that a shell understands. */
const redirected = (how: string) => ["sh", "-c", `exec "$@" ${how}`, "sh"];

const CLOSED = [
  ["stdin", "<&-"],
  ["stdout", ">&-"],
  ["stderr", "2>&-"],
  ["stdin and stdout", "<&- >&-"],
  ["stdout and stderr", ">&- 2>&-"],
  ["all three", "<&- >&- 2>&-"],
] as const;

for (const [what, how] of CLOSED) {
  test(`With ${what} closed the helper serves`, async () => {
    await using helper = await startHelper({ wrapper: redirected(how) });
    Deno.writeTextFileSync(`${helper.directory}/file`, "content");
    equal(helper.client.lstat("/file").value?.size, 7n);
    const { errno, value } = helper.client.open("/file", 0);
    equal(errno, 0);
    helper.connection.closeDescriptor(value!);
    const output = await helper.finish();
    // What was not closed still works, what was is nobody's file.
    if (!how.includes("2>")) match(output, /info: The peer closed/);
    equal(Deno.readTextFileSync(`${helper.directory}/file`), "content");
  });
}

for (const [what, how] of CLOSED) {
  test(`With ${what} closed the helper goes to the background, and serves`, async () => {
    await using daemon = await startHelper({
      socket: true,
      background: true,
      wrapper: redirected(how),
    });
    const open = await descriptors(daemon.pid);
    for (const fd of [0, 1, 2]) equal(open.get(fd), "/dev/null");
    equal(daemon.client.lstat("/").errno, 0);
    await daemon.stop();
  });
}

/** Runs a command with descriptor `from` under the number `to` alone. */
const moved = (from: number, to: number) => [
  "perl",
  "-e",
  "use POSIX (); my ($from, $to) = splice @ARGV, 0, 2; POSIX::dup2($from, $to); POSIX::close($from); exec @ARGV",
  String(from),
  String(to),
];

for (const fd of [0, 1]) {
  perlTest(
    `Descriptor ${fd} may be the socket, and nothing else is written to it`,
    async () => {
      await using helper = await startHelper({
        args: ["--log-level=debug"],
        wrapper: (command, theirs) => [
          ...moved(theirs, fd),
          ...command.with(-1, String(fd)),
        ],
      });
      const { client, connection } = helper;
      for (let i = 0; i < 10; i++) equal(client.lstat("/").errno, 0);
      const { errno, value } = client.open("/", 0);
      equal(errno, 0);
      connection.closeDescriptor(value!);
      connection.finish();
      equal(connection.receiveSome(1).length, 0);
      await helper.endWell();
    },
  );
}

perlTest(
  "Descriptor 2 may not be the socket, as the log would go there",
  async () => {
    using place = exportWorkspace();
    const { connection, fd } = connectionPair();
    const { code } = await runHelper({
      args: ["-n", "-p", place.export, "-f", "2"],
      wrapper: moved(fd, 2),
    });
    connection.closeDescriptor(fd);
    equal(code, 1);
    match(
      new TextDecoder().decode(connection.receiveSome(1000)),
      /error: Cannot use descriptor 2: it is stderr/,
    );
    connection.close();
  },
);

for (const fd of [0, 1, 2]) {
  perlTest(
    `In the background descriptor ${fd} can't be the socket`,
    async () => {
      using place = exportWorkspace();
      await using mark = new Mark();
      const { connection, fd: theirs } = connectionPair();
      const { code } = await runHelper({
        args: ["-p", place.export, "-f", String(fd)],
        mark,
        wrapper: moved(theirs, fd),
      });
      connection.closeDescriptor(theirs);
      equal(code, 1);
      await mark.gone();
      connection.close();
    },
  );
}

test("A stderr that nobody reads any more is no reason to end", async () => {
  await using helper = await startHelper({
    args: ["--log-level=debug"],
    wrapper: ["sh", "-c", '"$@" 2>&1 | :; echo ended', "sh"],
  });
  for (let i = 0; i < 100; i++) equal(helper.client.lstat("/").errno, 0);
  equal((await helper.stop()).output, "ended\n");
});

for (const format of ["text", "json"]) {
  test(`A stderr that nobody reads for a while does not hold the helper up, as ${format}`, async () => {
    await using helper = await startHelper({
      args: ["--log-level=debug", `--log-format=${format}`],
    });
    // Nothing is read of it while this goes on: a pipe holds 64 KiB.
    for (let i = 0; i < 3000; i++) {
      equal(helper.client.lstat("/".padEnd(50, "x")).errno, 2);
    }
    const output = await helper.finish();
    const lines = output.slice(0, -1).split("\n");
    equal(lines.length < 3000, true, "all was read at once");
    for (const line of lines) {
      if (format === "json") equal(typeof JSON.parse(line).message, "string");
      else match(logged(line), /^(debug|info|warning): ./);
    }
  });
}
