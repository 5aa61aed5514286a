/** syslog in daemon mode: a real datagram socket at /dev/log, and what comes there. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { connectionPair } from "../support/connections.ts";
import { failedStart, runHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import {
  DeviceDirectory,
  type Entry,
  momentsSince,
  parseEntry,
  syslogWorkspace,
} from "../support/syslog.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root", "mount", "unshare");
/** LOG_DAEMON and severities of syslog(3). */
const DAEMON = 3;
const WARNING = 4, INFO = 6, DEBUG = 7;

/** Everything but the time. */
function told({ facility, severity, identity, pid, message }: Entry) {
  return { facility, severity, identity, pid, message };
}

test("Lines are those of openlog(3) with LOG_PID and LOG_DAEMON", async () => {
  using place = syslogWorkspace();
  const { log } = place;
  await using daemon = await place.start();
  equal(daemon.stderr, "");
  await daemon.stop();
  const entries = log.drain().map(parseEntry);
  const line = (message: string) => ({
    facility: DAEMON,
    severity: INFO,
    identity: "virtfs-proxy-helper",
    pid: daemon.pid,
    message,
  });
  const [serving, sandbox, ...rest] = entries.map(told);
  deepEqual(serving, line(serving!.message));
  match(
    serving!.message,
    new RegExp(
      `^Serving ${place.export} on descriptor \\d+ \\(virtfs-proxy-helper \\d`,
    ),
  );
  deepEqual(sandbox, line(sandbox!.message));
  match(sandbox!.message, /^Sandbox: root: /);
  deepEqual(rest, [line("The peer closed the connection")]);
});

test("Each line has its true level", async () => {
  using place = syslogWorkspace();
  const { log } = place;
  await using daemon = await place.start({ args: ["--log-level", "debug"] });
  equal(daemon.client.lstat("/").errno, 0);
  daemon.client.connection.send(new Uint8Array([8, 0, 0]));
  await daemon.stop();
  const [serving, sandbox, ...rest] = log.drain().map(parseEntry).map((
    { severity, message },
  ) => [severity, message] as const);
  equal(serving?.[0], INFO);
  match(serving[1], /^Serving /);
  equal(sandbox?.[0], INFO);
  deepEqual(
    rest,
    [
      [DEBUG, 'LSTAT("/") = 116 bytes'],
      [WARNING, "The peer closed the connection in the middle of a request"],
    ],
  );
});

test("An error is told to syslog, as well as to the caller", async () => {
  using place = exportWorkspace();
  const dev = new DeviceDirectory(place.path);
  using log = dev.listen();
  const stderr = await failedStart({
    args: ["-p", place.export, "-f", "99"],
    wrapper: dev.wrapper,
  });
  match(stderr, /error: Cannot use descriptor 99: not open/);
  const [entry, more] = log.drain().map(parseEntry);
  equal(more, undefined);
  equal(entry?.severity, 3);
  match(entry?.message ?? "", /^Cannot use descriptor 99: not open/);
});

for (
  const [level, expected] of [["warning", 0], ["error", 0], [
    "info",
    3,
  ]] as const
) {
  test(
    `With --log-level ${level} ${
      expected || "no"
    } lines of a quiet day are sent`,
    async () => {
      using place = exportWorkspace();
      const dev = new DeviceDirectory(place.path);
      using log = dev.listen();
      await using daemon = await startHelper({
        place,
        background: true,
        args: ["--log-level", level],
        wrapper: dev.wrapper,
      });
      await daemon.stop();
      equal(log.drain().length, expected);
    },
  );
}

test("The time is the host's local time, whatever the export has at /etc/localtime", async () => {
  for (const zone of ["Asia/Kolkata", "America/Caracas"]) {
    const begun = Date.now();
    using place = exportWorkspace();
    using host = new Host();
    // As systems have it: a link, whose target is the zone's name.
    for (const directory of ["etc", `usr/share/zoneinfo/${zone}`]) {
      Deno.mkdirSync(`${place.export}/${directory}`, { recursive: true });
    }
    const name = `/usr/share/zoneinfo/${zone}`;
    host.symlink(name, `${place.export}/etc/localtime`);
    const dev = new DeviceDirectory(place.path);
    using log = dev.listen();
    await using daemon = await startHelper({
      place,
      background: true,
      wrapper: [...dev.wrapper, "env", "-u", "TZ"],
    });
    await daemon.stop();
    const moments = await momentsSince(begun, ["-u", "TZ"]);
    for (const { time } of log.drain().map(parseEntry)) {
      ok(moments.has(time), time);
    }
  }
});

test("The time is that of the caller's TZ", async () => {
  const begun = Date.now();
  using place = exportWorkspace();
  const dev = new DeviceDirectory(place.path);
  using log = dev.listen();
  await using daemon = await startHelper({
    place,
    background: true,
    wrapper: dev.wrapper,
    env: { TZ: "Asia/Kolkata" },
  });
  await daemon.stop();
  const moments = await momentsSince(begun, ["TZ=Asia/Kolkata"]);
  for (const { time } of log.drain().map(parseEntry)) {
    ok(moments.has(time), time);
  }
});

test("A syslog daemon that does not read does not hold the helper up", async () => {
  using place = syslogWorkspace();
  const { log } = place;
  ok(log.fill() > 0);
  await using daemon = await place.start({ args: ["--log-level", "debug"] });
  for (let i = 0; i < 1000; i++) equal(daemon.client.lstat("/").errno, 0);
  // Once it reads again it gets what comes then.
  const missed = log.drain().filter((text) => text !== "full").length;
  equal(missed, 0);
  equal(daemon.client.statfs("/").errno, 0);
  match(parseEntry(log.receiveText()).message, /^STATFS\("\/"\)/);
  await daemon.stop();
});

test("A syslog daemon that goes away does not end the helper", async () => {
  using place = syslogWorkspace();
  const { log } = place;
  await using daemon = await place.start({ args: ["--log-level", "debug"] });
  equal(daemon.client.lstat("/").errno, 0);
  log.close();
  Deno.removeSync(`${place.path}/dev/log`);
  for (let i = 0; i < 100; i++) equal(daemon.client.lstat("/").errno, 0);
  equal(daemon.client.mkdir("/made", 0o700, 1000, 1000).errno, 0);
  await daemon.stop();
});

test("Nothing is looked up in the export: its /dev/log is nobody's log", async () => {
  using place = exportWorkspace();
  Deno.mkdirSync(`${place.export}/dev`);
  const dev = new DeviceDirectory(place.path);
  const inside = new DeviceDirectory(place.export + "/dev");
  using guests = inside.listen();
  const log = dev.listen();
  await using daemon = await startHelper({
    place,
    background: true,
    args: ["--log-level", "debug"],
    wrapper: dev.wrapper,
  });
  log.close();
  equal(daemon.client.lstat("/dev").errno, 0);
  await daemon.stop();
  deepEqual(guests.drain(), []);
});

test("Without /dev/log the helper warns its caller, and serves", async () => {
  using place = exportWorkspace();
  const dev = new DeviceDirectory(place.path);
  await using daemon = await startHelper({
    place,
    background: true,
    wrapper: dev.wrapper,
  });
  equal(
    daemon.stderr,
    "virtfs-proxy-helper: warning: Cannot log in the background: connect /dev/log: no such file or directory [ENOENT]; start a syslog daemon, or stay in the foreground with -n\n",
  );
  equal(daemon.client.lstat("/").errno, 0);
  await daemon.stop();
});

test("In the foreground nothing is sent to syslog", async () => {
  using place = exportWorkspace();
  const dev = new DeviceDirectory(place.path);
  using log = dev.listen();
  const { connection, fd } = connectionPair();
  connection.finish();
  const { code, stderr } = await runHelper({
    args: ["-n", "-p", place.export, "-f", String(fd)],
    wrapper: dev.wrapper,
  });
  connection.closeDescriptor(fd);
  connection.close();
  equal(code, 0);
  match(stderr, /info: Serving /);
  deepEqual(log.drain(), []);
});
