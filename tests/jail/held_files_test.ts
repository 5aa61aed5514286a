/** Files that stay open in the jail: what they are, and what `--print-sandbox` says of them. */
import { deepEqual, equal, match } from "node:assert/strict";
import { S_IFDIR, S_IFMT } from "../../ffi/constants.ts";
import { startHelper, startServing } from "../support/helpers.ts";
import { Host, HostError } from "../support/host.ts";
import { withoutCapability } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { NAMES, row, rows, weaknesses } from "../support/sandbox_report.ts";
import { exists, exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");
const STREAMS = "the standard streams, the list of the mounts in the export";
const HELD =
  "the directory of the socket, a mount of its own, until somebody connects";

for (
  const [what, args, known] of [
    ["a socket with a name", [], `${STREAMS}, ${HELD}`],
    [
      "a socket with a name and a pid file",
      ["--pid-file=pid"],
      `${STREAMS}, the pid file, ${HELD}`,
    ],
  ] as const
) {
  test(`With ${what} nothing is weaker than it can be`, async () => {
    using place = exportWorkspace();
    await using helper = await startHelper({
      place,
      socket: true,
      args: ["--print-sandbox", ...args],
      cwd: place.path,
    });
    await helper.says(/ seccomp .*\n/);
    deepEqual(rows(helper.output).map(({ name }) => name), NAMES);
    deepEqual(weaknesses(helper.output), []);
    equal(
      row(helper.output, "descriptors")?.text.replace(/^\d+ open, /, ""),
      `no file but ${known}`,
    );
    helper.kill("SIGTERM");
    await helper.finish();
  });
}

test("With a pid file and an inherited socket nothing is weaker than it can be", async () => {
  using place = exportWorkspace();
  await using helper = await startServing({
    place,
    args: ["--pid-file", `${place.path}/pid`, "--print-sandbox"],
  });
  const output = await helper.finish();
  deepEqual(weaknesses(output), []);
  match(
    row(output, "descriptors")!.text,
    /, no file but the standard streams, the list of the mounts in the export, the pid file$/,
  );
});

/** The directories that a process has open, as paths of this one's. */
function openDirectories(pid: number): string[] {
  using host = new Host();
  const base = `/proc/${pid}/fd`;
  return host.names(base).map((fd) => `${base}/${fd}/.`).filter((path) => {
    try {
      return (host.lstat(path).mode & S_IFMT) === S_IFDIR;
    } catch (error) {
      if (error instanceof HostError) return false;
      throw error;
    }
  });
}

test("No directory that is open in the jail leads out by .., and once somebody is served only the export is open", async () => {
  using place = exportWorkspace();
  using host = new Host();
  await using helper = await startHelper({ place, socket: true });
  const identity = (path: string) => {
    const { dev, ino } = host.lstat(path);
    return `${dev} ${ino}`;
  };
  await helper.says(/Sandbox: .*\n/);
  const waiting = openDirectories(helper.pid);
  deepEqual(
    waiting.map(identity).toSorted(),
    [place.export, place.path].map(identity).toSorted(),
  );
  for (const path of waiting) equal(identity(`${path}/..`), identity(path));
  const { client } = helper;
  equal(client.lstat("/").errno, 0);
  const [served, ...others] = openDirectories(helper.pid).map(identity);
  deepEqual([served, others], [identity(place.export), []]);
  await helper.finish();
});

testsThatNeed("root", "setpriv")(
  "Without CAP_SYS_ADMIN the directory of the socket is shown as a weakness",
  async () => {
    using place = exportWorkspace();
    await using helper = await startHelper({
      place,
      socket: true,
      args: ["--print-sandbox", `--pid-file=${place.path}/pid`],
      wrapper: withoutCapability("sys_admin"),
    });
    await helper.says(/ seccomp .*\n/);
    const { state, text = "" } = row(helper.output, "descriptors") ?? {};
    equal(state, "WEAK");
    equal(
      text.replace(/^\d+ open, /, ""),
      "and the directory of the socket, which leads out by .., until somebody connects",
    );
    helper.kill("SIGTERM");
    await helper.finish();
    equal(exists(place.socket), false);
  },
);
