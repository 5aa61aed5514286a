/** Foreground or background: what was asked for decides, and no variable that was left over. */
import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { Client } from "../../src/proxy/client/client.ts";
import { Connection } from "../../src/proxy/client/connection.ts";
import { BACKGROUND_VARIABLE } from "../../src/process/environment.ts";
import { failedStart, runHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { Mark } from "../support/processes.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

/** Marks of nobody's; the test is the parent of what it starts. */
const STRAY_MARKS = [
  ["that names stdio and the true parent", `1:2:${Deno.pid}`],
  ["of descriptors that are not open", `98:99:${Deno.pid}`],
  ["of another starter", "1:2:1"],
  ["that is none", "yes"],
] as const;

for (const [what, mark] of STRAY_MARKS) {
  const env = { [BACKGROUND_VARIABLE]: mark };

  test(`With -n a mark ${what} means nothing: stdout is empty, stderr the log`, async () => {
    using place = exportWorkspace();
    await using helper = await startHelper({
      place,
      env,
      wrapper: ["sh", "-c", '"$@" >"$0"', place.socket],
    });
    equal(helper.client.lstat("/").errno, 0);
    const output = await helper.finish();
    match(output, /info: .*Serving /);
    match(output, /info: The peer closed the connection/);
    equal(Deno.readTextFileSync(place.socket), "");
  });

  test(`Without -n a mark ${what} means nothing, and is not passed on`, async () => {
    using host = new Host();
    await using daemon = await startHelper({ background: true, env });
    equal(daemon.stdout, "");
    equal(daemon.client.lstat("/").errno, 0);
    const marks = host.readFile(`/proc/${daemon.pid}/environ`).split("\0")
      .filter((entry) => entry.startsWith(`${BACKGROUND_VARIABLE}=`));
    equal(marks.length, 1);
    notEqual(marks[0], `${BACKGROUND_VARIABLE}=${mark}`);
  });
}

test("A mark means nothing where all descriptors are as it says, but the starter is not the parent", async () => {
  using place = exportWorkspace();
  await using mark = new Mark();
  const { code, stdout, stderr } = await runHelper({
    args: ["-p", place.export, "-s", place.socket, "-u0", "-g0"],
    mark,
    env: { [BACKGROUND_VARIABLE]: "8:9:1" },
    wrapper: [
      "sh",
      "-c",
      'exec "$@" 8>&1 9>&2 </dev/null >/dev/null 2>&1',
      "sh",
    ],
  });
  deepEqual({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
  using client = new Client(Connection.connect(place.socket));
  equal(client.lstat("/").errno, 0);
  client.close();
  await mark.gone();
});

test("However many sockets LISTEN_FDS claims, none is made room for", async () => {
  using place = exportWorkspace();
  for (const mode of [["-n"], []]) {
    const stderr = await failedStart({
      args: [...mode, "-p", place.export],
      wrapper: [
        "sh",
        "-c",
        'LISTEN_PID=$$ LISTEN_FDS=999999999 exec "$@"',
        "sh",
      ],
    });
    match(stderr, /error: Cannot start: 999999999 sockets were passed, not /);
  }
});
