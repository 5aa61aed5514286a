/** The program among others: who starts it, who asks for it, who is told of it. */
import { deepEqual, equal, match } from "node:assert/strict";
import { Mailbox } from "../../support/datagrams.ts";
import { Host } from "../../support/host.ts";
import { shell, until } from "../../support/processes.ts";
import { testsThatNeed } from "../../support/requirements.ts";
import { DeviceDirectory, parseEntry } from "../../support/syslog.ts";
import { exportWorkspace } from "../../support/workspace.ts";
import { HELPER } from "../support/helper.ts";
import { workThrough } from "../support/mixed_load.ts";
import { greet, serveOnce, startProgram } from "../support/program.ts";

const test = testsThatNeed("root");
const ARGS = ["--fd=FD", "--shared-dir=DIR"];
const NAME = "virtfs-vhost-helper";

test("READY is sent to the service manager, and nothing later", async () => {
  using place = exportWorkspace();
  const address = `${place.path}/notify`;
  using manager = new Mailbox(address);
  await using program = startProgram(place, "path", [
    ...["--socket-path=SOCKET", "--shared-dir=DIR"],
  ], { env: { NOTIFY_SOCKET: address } });
  equal(manager.receiveText(), "READY=1\n");
  using frontEnd = await program.connect();
  greet(frontEnd);
  deepEqual(manager.drain(), []);
  frontEnd.close();
  equal((await program.end()).code, 0);
  deepEqual(manager.drain(), []);
});

for (const dies of [true, false]) {
  const option = dies ? ["--die-with-parent"] : [];
  test(`${dies ? "With" : "Without"} --die-with-parent it ${dies ? "ends with" : "outlives"} its parent`, async () => {
    using place = exportWorkspace();
    await using program = startProgram(place, "connection", [
      ...[...ARGS, ...option],
      // A shell that stays the parent until it is killed.
    ], { program: ["sh", "-c", '"$@" & wait', "sh", HELPER] });
    using frontEnd = await program.connect();
    const session = greet(frontEnd);
    // What the kernel forgets PR_SET_PDEATHSIG at is a change of the fsuid.
    workThrough(session, 1000);
    const parent = program.pid;
    program.kill("SIGKILL");
    await until(
      "the parent's end",
      () => !program.mark.pids().includes(parent),
    );
    if (!dies) workThrough(session, 1000);
    if (!dies) frontEnd.close();
    await program.mark.gone();
    match(
      (await program.end()).output,
      dies
        ? /info: The parent process has ended: ending\n/
        : /info: The front end closed the connection\n/,
    );
  });
}

testsThatNeed("root", "procps")(
  "It is found by the program's name, with its arguments",
  async () => {
    using place = exportWorkspace();
    using host = new Host();
    await using program = startProgram(place, "path", [
      ...["--socket-path=SOCKET", "--shared-dir=DIR"],
    ]);
    await program.says(/Listening for/);
    // What the kernel keeps of a name.
    const short = NAME.slice(0, 15);
    equal(host.readFile(`/proc/${program.pid}/comm`), `${short}\n`);
    for (
      const way of [
        ...[`pidof ${NAME}`, `ps -o pid= -C ${NAME}`],
        ...[`pgrep -x ${short}`, `pgrep -f '^${NAME} '`],
      ]
    ) {
      const pids = (await shell(way)).split(/\s+/);
      equal(pids.includes(String(program.pid)), true, way);
    }
    equal(
      await shell(`ps -o args= -p ${program.pid}`),
      `${NAME} --socket-path=${place.socket} --shared-dir=${place.export}`,
    );
  },
);

testsThatNeed("root", "mount", "unshare")(
  "With --syslog the log goes there, and stderr has nothing of it",
  async () => {
    using place = exportWorkspace();
    const devices = new DeviceDirectory(place.path);
    const log = devices.listen();
    try {
      const { stderr } = await serveOnce(place, "connection", [
        ...[...ARGS, "--syslog"],
      ], { program: [...devices.wrapper, HELPER] });
      const entries = log.drain().map(parseEntry);
      // LOG_DAEMON
      deepEqual([...new Set(entries.map(({ facility }) => facility))], [3]);
      deepEqual([...new Set(entries.map(({ identity }) => identity))], [NAME]);
      const messages = entries.map(({ message }) => message);
      match(messages.join("\n"), /^Serving [^]*^The front end closed the/m);
      equal(stderr.includes("Serving"), false, stderr);
    } finally {
      log.close();
    }
  },
);
