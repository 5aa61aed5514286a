/** Daemon mode: what the caller gets back, and what stays behind. */
import { deepEqual, equal, match, notEqual, throws } from "node:assert/strict";
import { ConnectionError } from "../../src/proxy/client/connection.ts";
import { connectionPair } from "../support/connections.ts";
import { helperPath, runHelper, startHelper } from "../support/helpers.ts";
import { BACKGROUND_VARIABLE } from "../../src/process/environment.ts";
import { Host, HostError } from "../support/host.ts";
import { parseMetrics } from "../support/metrics.ts";
import { descriptors, holders, shell, until } from "../support/processes.ts";
import { onTerminal, RunningProgram } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exists, exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");
const scriptTest = testsThatNeed("root", "script");

test("The caller's process returns with status 0 when the helper serves", async () => {
  await using daemon = await startHelper({ background: true });
  equal(daemon.stdout, "");
  equal(daemon.client.mkdir("/made", 0o700, 0, 0).errno, 0);
  await daemon.stop();
});

test("When it returns, the named socket can be connected to", async () => {
  await using daemon = await startHelper({ socket: true, background: true });
  equal(daemon.client.lstat("/").errno, 0);
  await daemon.stop();
});

test("When it returns, the helper is in its jail already", async () => {
  using host = new Host();
  await using daemon = await startHelper({ background: true });
  const status = host.readFile(`/proc/${daemon.pid}/status`);
  match(status, /^CapPrm:\s+00000000080000db$/m);
  match(status, /^Umask:\s+0000$/m);
});

test("The helper has a session of its own, no terminal, and nothing but /dev/null for stdio", async () => {
  using host = new Host();
  await using daemon = await startHelper({ background: true });
  const stat = host.readFile(`/proc/${daemon.pid}/stat`);
  // After the name in brackets: state, parent, process group, session, terminal.
  const [, , group, session, terminal] = stat.slice(stat.indexOf(") ") + 2)
    .split(" ").map(Number);
  deepEqual([group, session, terminal], [daemon.pid, daemon.pid, 0]);
  const open = await descriptors(daemon.pid);
  deepEqual([0, 1, 2].map((fd) => open.get(fd)), Array(3).fill("/dev/null"));
});

test("Its working directory is the root, so no directory of the host is kept", async () => {
  using place = exportWorkspace();
  Deno.mkdirSync(`${place.path}/cwd`);
  await using daemon = await startHelper({
    place,
    background: true,
    cwd: `${place.path}/cwd`,
  });
  const found = await shell(
    `cd /proc/${daemon.pid} && stat -Lc %d:%i cwd root`,
  );
  const [cwd, root] = found.split("\n");
  notEqual(cwd, "");
  equal(cwd, root);
});

test("No other process has the socket, and the helper has it once", async () => {
  await using daemon = await startHelper({ background: true });
  const fd = /-f (\d+)$/.exec(await shell(`ps -o args= -p ${daemon.pid}`));
  const socket = (await descriptors(daemon.pid)).get(Number(fd?.[1])) ?? "";
  match(socket, /^socket:/);
  deepEqual(await holders(socket), [daemon.pid]);
  await daemon.stop();
});

test("It keeps no pipe: neither the caller's nor one to its first process", async () => {
  using place = exportWorkspace();
  // Besides stdout and stderr, which startHelper() has read to their ends.
  await using daemon = await startHelper({ place, background: true });
  const pipes = async (pid: number) =>
    [...(await descriptors(pid)).values()].filter((name) =>
      name.startsWith("pipe:")
    );
  const inherited = await pipes(Deno.pid);
  for (const pipe of await pipes(daemon.pid)) {
    if (inherited.includes(pipe)) continue;
    // The runtime has pipes to itself.
    deepEqual([...new Set(await holders(pipe))], [daemon.pid]);
  }
});

test("A capture of its output by a shell returns", async () => {
  using place = exportWorkspace();
  const script =
    'said=$("$@" 2>&1); echo "status $?"; echo "$said" | grep -v "Cannot log in the background"; [ -S "$0" ] && echo there';
  const { stdout } = await runHelper({
    args: ["-p", place.export, "-s", place.socket, "-u0", "-g0"],
    wrapper: ["sh", "-c", script, place.socket],
  });
  equal(stdout.replace(/\n+/g, " "), "status 0 there ");
});

scriptTest(
  "It outlives its caller's shell, and SIGHUP to that session",
  async () => {
    await using daemon = await startHelper({
      socket: true,
      background: true,
      // A terminal that hangs up as soon as the command has returned.
      wrapper: onTerminal,
    });
    equal(daemon.client.lstat("/").errno, 0);
  },
);

test("SIGTERM ends it, and so does the end of the connection", async () => {
  using place = exportWorkspace();
  await using first = await startHelper({ place, background: true });
  first.kill("SIGTERM");
  await first.mark.gone();
  throws(() => first.client.lstat("/"), ConnectionError);
  await using second = await startHelper({ place, background: true });
  await second.stop();
});

/** The descriptor that the process in the background closes just before it tells that it serves, the caller's stderr; undefined for any other process. */
function lastDescriptor(host: Host, pid: number): string | undefined {
  try {
    const environ = host.readFile(`/proc/${pid}/environ`);
    return environ.split(`${BACKGROUND_VARIABLE}=`)[1]?.split(":")[1];
  } catch (error) {
    if (error instanceof HostError) return undefined;
    throw error;
  }
}

/** Starts a helper and holds it, by SIGSTOP, in the background while it starts. */
async function heldWhileStarting(
  args: readonly string[],
): Promise<{ starter: RunningProgram; background: number }> {
  using host = new Host();
  for (let attempt = 0; attempt < 50; attempt++) {
    const starter = new RunningProgram([helperPath(), ...args]);
    let background = 0, last = "";
    await until("the second process", () => {
      // Not one of the launcher's own: those come and go.
      for (const pid of starter.mark.pids()) {
        const descriptor = lastDescriptor(host, pid);
        if (descriptor !== undefined) [background, last] = [pid, descriptor];
      }
      return background !== 0;
    });
    Deno.kill(background, "SIGSTOP");
    await until(
      "its rest",
      () => /^State:\tT/m.test(host.readFile(`/proc/${background}/status`)),
    );
    // What may have told already that it serves was held too late.
    if (host.names(`/proc/${background}/fd`).includes(last)) {
      return { starter, background };
    }
    await starter[Symbol.asyncDispose]();
  }
  throw new Error("The helper is always faster");
}

for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"] as const) {
  test(`A caller's process that ${signal} ends while starting leaves no helper`, async () => {
    using place = exportWorkspace();
    const { connection, fd } = connectionPair();
    using _ = connection;
    const { starter, background } = await heldWhileStarting(
      ["-p", place.export, "-f", String(fd)],
    );
    await using __ = starter;
    connection.closeDescriptor(fd);
    starter.kill(signal);
    // Its stderr stays open for the one in the background.
    await until("its end", () => !starter.mark.pids().includes(starter.pid));
    Deno.kill(background, "SIGCONT");
    await starter.mark.gone();
    equal(connection.receiveSome(1).length, 0);
    equal((await starter.end()).signal, signal);
  });
}

test("A helper that is killed while it starts is reported to the caller", async () => {
  using place = exportWorkspace();
  const { connection, fd } = connectionPair();
  using _ = connection;
  const { starter, background } = await heldWhileStarting(
    ["-p", place.export, "-f", String(fd)],
  );
  await using __ = starter;
  Deno.kill(background, "SIGKILL");
  const { code, output } = await starter.end();
  equal(code, 1);
  match(output, /error: Cannot start: the helper was ended by signal 9\n/);
});

testsThatNeed("root", "strace")(
  "A helper whose caller's process has ended in the last moment of the start leaves no files",
  async () => {
    using place = exportWorkspace();
    const file = (name: string) => `${place.path}/${name}`;
    const metrics = file("metrics");
    await using starter = new RunningProgram([
      ...["strace", "-D", "-f", "-o", "/dev/null"],
      // That of the metrics file, before the caller's process is told.
      ...["-e", "inject=renameat2:signal=SIGSTOP:when=1", helperPath()],
      ...["-p", place.export, "-s", place.socket, "-u", "0", "-g", "0"],
      ...["--pid-file", file("pid"), "--metrics-file", metrics],
    ]);
    await until("the metrics file", () => exists(metrics));
    const background = Number(Deno.readTextFileSync(file("pid")));
    starter.kill("SIGKILL");
    await until("its end", () => !starter.mark.pids().includes(starter.pid));
    Deno.kill(background, "SIGCONT");
    await starter.mark.gone();
    deepEqual([exists(place.socket), exists(file("pid"))], [false, false]);
    const samples = parseMetrics(Deno.readTextFileSync(metrics));
    equal(samples.get("virtfs_serving"), 0);
  },
);
