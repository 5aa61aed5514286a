/** `--log-format json`: one object a line, on stderr and in syslog. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { LOG_LEVELS } from "../../src/log/log.ts";
import { failedStart, startHelper } from "../support/helpers.ts";
import { connectAs } from "../support/peers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { parseEntry, syslogWorkspace } from "../support/syslog.ts";
import { VERSION } from "../../src/version.ts";

const test = testsThatNeed("root");
const perlTest = testsThatNeed("root", "setpriv", "perl");
const mountUnshareTest = testsThatNeed("root", "mount", "unshare");

const JSON_DEBUG = ["--log-format", "json", "--log-level", "debug"];

interface Line {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** When this file was loaded, before any line was written. */
const LOADED = Date.now();
/** Room for a clock that is set meanwhile. */
const SLACK_MS = 60_000;

/** One line as an object that has what each must have. */
function parse(line: string): Line {
  const object = JSON.parse(line) as Line;
  deepEqual(Object.keys(object).slice(0, 3), ["time", "level", "message"]);
  match(object.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const time = Date.parse(object.time);
  ok(time > LOADED - SLACK_MS && time < Date.now() + SLACK_MS, object.time);
  ok(LOG_LEVELS.some((level) => level === object.level), object.level);
  equal(typeof object.message, "string");
  return object;
}

test("Each line on stderr is an object with time, level, message and fields", async () => {
  await using helper = await startHelper({ args: JSON_DEBUG });
  equal(helper.client.mkdir('/quo"te\n', 0o700, 0, 0).errno, 0);
  const { output } = await helper.stop();
  const lines = output.trimEnd().split("\n").map(parse);
  const [serving, sandbox, ...rest] = lines.map(({ time: _, ...rest }) => rest);
  deepEqual(serving, {
    level: "info",
    message: `Serving ${helper.directory}`,
    path: helper.directory,
    readOnly: false,
    socket: serving!["socket"],
    version: VERSION,
  });
  match(String(serving!["socket"]), /^descriptor \d+$/);
  equal(sandbox!.message, "Sandbox");
  const { sandbox: properties, weak } = sandbox as unknown as {
    sandbox: Record<string, string>;
    weak: string[];
  };
  equal(properties["root"], "the export, a mount of its own");
  deepEqual(weak, []);
  deepEqual(rest, [
    {
      level: "debug",
      message: 'MKDIR(uid=0, gid=0, "/quo\\"te\\n", 0700) = 0',
    },
    { level: "info", message: "The peer closed the connection" },
  ]);
});

perlTest("Who has connected is told in fields, too", async () => {
  await using helper = await startHelper({
    socket: true,
    owner: [1234, 4321],
    args: ["--log-format=json"],
  });
  equal(await connectAs(1235, 4321, helper.socket), "turned away");
  equal(await connectAs(1234, 77, helper.socket), "served");
  const { output } = await helper.end();
  const [, , away, served] = output.trimEnd().split("\n").map(parse);
  deepEqual(
    [away?.level, away?.uid, away?.gid, typeof away?.pid],
    ["warning", 1235, 4321, "number"],
  );
  deepEqual([served?.level, served?.uid, served?.gid], ["info", 1234, 77]);
});

mountUnshareTest(
  "In syslog the object is the message, behind what syslog itself needs",
  async () => {
    using place = syslogWorkspace();
    const { log } = place;
    await using daemon = await place.start({ args: JSON_DEBUG });
    equal(daemon.client.lstat("/").errno, 0);
    await daemon.stop();
    const entries = log.drain().map(parseEntry);
    deepEqual(
      entries.map(({ severity, message }) => [severity, parse(message).level]),
      [[6, "info"], [6, "info"], [7, "debug"], [6, "info"]],
    );
  },
);

mountUnshareTest(
  "The longest path of an export makes no line that can't be parsed",
  async () => {
    using place = syslogWorkspace();
    const { log } = place;
    // 255 bytes a name, 4095 a path; each of these is six bytes in the log.
    const name = "\x01".repeat(200);
    let path = place.export;
    while (path.length + 201 < 4000) path = `${path}/${name}`;
    Deno.mkdirSync(path, { recursive: true });
    await using daemon = await place.start({
      directory: path,
      args: ["--log-format=json"],
    });
    await daemon.stop();
    const lines = log.drain().map((text) => parse(parseEntry(text).message));
    equal(lines.length, 3);
    match(lines[0]!.message, /^Serving \/var\/tmp.*\.\.\.$/s);
  },
);

test("A usage error is an object where JSON was understood before", async () => {
  const args = ["-n", "-p", "/nowhere/gone", "-f0", "--log-format=json"];
  const { level, message } = parse((await failedStart({ args })).trimEnd());
  equal(level, "error");
  match(message, /^Cannot share .*\/gone: no such directory$/);
});
