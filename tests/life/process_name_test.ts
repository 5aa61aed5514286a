/** The helper by its name: for ps, pidof and pgrep, as an administrator asks them. */
import { deepEqual, equal } from "node:assert/strict";
import { startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { shell } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "procps");
const NAME = "virtfs-proxy-helper";
/** What the kernel keeps of a name. */
const SHORT = NAME.slice(0, 15);

/** Whether each way to ask for the program finds process `pid`. */
async function foundBy(pid: number): Promise<Record<string, boolean>> {
  const ways = [
    `pidof ${NAME}`,
    `ps -o pid= -C ${NAME}`,
    // It knows names of 15 bytes, or whole command lines.
    `pgrep -x ${SHORT}`,
    `pgrep -f '^${NAME} '`,
  ];
  const found = ways.map(async (way) => {
    const pids = (await shell(way)).split(/\s+/);
    return [way, pids.includes(String(pid))] as const;
  });
  return Object.fromEntries(await Promise.all(found));
}

async function check(pid: number, args: readonly string[]): Promise<void> {
  using host = new Host();
  const found = await foundBy(pid);
  deepEqual(
    found,
    Object.fromEntries(Object.keys(found).map((w) => [w, true])),
  );
  equal(await shell(`ps -o args= -p ${pid}`), [NAME, ...args].join(" "));
  equal(host.readFile(`/proc/${pid}/comm`), `${SHORT}\n`);
  // What follows the arguments in memory is as it was.
  equal(
    host.readFile(`/proc/${pid}/environ`).includes(`DENO=${Deno.execPath()}\0`),
    true,
  );
}

test("In the foreground the helper is found by the program's name", async () => {
  await using helper = await startHelper({
    socket: true,
    args: ["--log-level", "debug"],
  });
  await check(
    helper.pid,
    ["-n", "--log-level", "debug", "-p", helper.directory]
      .concat("-s", helper.socket, "-u", "0", "-g", "0"),
  );
  await helper.endWell("SIGTERM");
});

test("In the background the helper is found by the program's name", async () => {
  using place = exportWorkspace();
  const pidFile = `${place.path}/pid`;
  await using daemon = await startHelper({
    place,
    background: true,
    args: ["--pid-file", pidFile],
  });
  const command = await shell(`ps -o args= -p ${daemon.pid}`);
  const fd = / -f (\d+)$/.exec(command)?.[1] ?? "";
  await check(
    daemon.pid,
    ["--pid-file", pidFile, "-p", place.export, "-f", fd],
  );
  equal(Number(Deno.readTextFileSync(pidFile)), daemon.pid);
  equal(daemon.client.lstat("/").errno, 0);
});
