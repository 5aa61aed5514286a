/** What the comparison of servers says of one that runs. */
import { equal, match, ok } from "node:assert/strict";
import { startVhostHelper } from "../../scripts/program/vhost_helper.ts";
import { type Implementation, startServing } from "../support/helpers.ts";
import { testsThatNeed } from "../support/requirements.ts";
import type { Outcome } from "../support/programs.ts";
import { runHere, tool } from "../support/tools.ts";
import { exportWorkspace } from "../support/workspace.ts";
import { HELPER } from "../vhost/support/helper.ts";

const test = testsThatNeed("root", "setpriv");
const originalTest = testsThatNeed("root", "setpriv", "original");

/** The rows for a helper that serves, by title. */
async function rows(
  implementation: Implementation,
): Promise<Map<string, string>> {
  await using helper = await startServing({ implementation });
  Deno.mkdirSync(`${helper.directory}/not-empty`);
  return await rowsOf(helper.pid);
}

/** The rows for a process. */
async function rowsOf(pid: number): Promise<Map<string, string>> {
  const { code, stdout, stderr } = await runHere(
    tool("compare.ts", "--markdown", `${pid}`),
  );
  equal(code, 0, stderr);
  return new Map(
    stdout.split("\n").slice(2).map((line) => {
      const [, title = "", cell = ""] = line.split(" | ").join("|").split("|");
      return [title.trim(), cell.trim()];
    }),
  );
}

test("a helper of ours is seen from outside as it says of itself", async () => {
  const found = await rows("ours");
  equal(found.get("user of the threads"), "main: root; others: 65534");
  equal(found.get("capabilities"), "main: the seven; others: none");
  equal(found.get("inheritable, ambient"), "none");
  equal(found.get("the caller's groups"), "dropped");
  equal(found.get("mount of its root"), "nosuid, nodev");
  match(found.get("root directory")!, /^main: another; others: empty$/);
  equal(found.get("working directory"), "the root");
  match(found.get("descriptors")!, /^\d+: .*socket/);
});

test("a helper for virtiofs is seen from outside as it says of itself", async () => {
  using place = exportWorkspace();
  Deno.mkdirSync(`${place.export}/not-empty`);
  const { process, stop } = await startVhostHelper(
    [HELPER],
    place.export,
    { stdout: "null", stderr: "null" },
  );
  try {
    const found = await rowsOf(process.pid);
    equal(found.get("user of the threads"), "main: root; others: 65534");
    equal(found.get("capabilities"), "main: the seven; others: none");
    equal(found.get("the caller's groups"), "dropped");
    equal(found.get("seccomp"), "filter");
    equal(found.get("mount of its root"), "nosuid, nodev");
    match(found.get("root directory")!, /^main: another; others: empty$/);
    equal(
      found.get("working directory"),
      "the names of its descriptors alone",
    );
    equal(found.get("mounts that it sees"), "0");
  } finally {
    await stop();
  }
});

originalTest(
  "QEMU's own helper is seen to have a thread with all rights",
  async () => {
    const found = await rows("original");
    equal(found.get("capabilities"), "main: the seven; others: **all**");
    equal(found.get("seccomp"), "**none**");
    equal(found.get("mount of its root"), "**as on the host**");
  },
);

/** Compares servers, of which the Rust virtiofsd is not installed. */
function compare(...args: string[]): Promise<Outcome> {
  return runHere(
    tool("compare.ts", "--virtiofsd=/nonexistent/virtiofsd", ...args),
  );
}

test("a server that is not installed is named, and the others are compared", async () => {
  const { code, stdout, stderr } = await compare(
    ...["--only=virtiofsd-rust", "--only=this"],
  );
  equal(code, 1);
  equal(
    stderr,
    "Cannot compare virtiofsd, Rust: /nonexistent/virtiofsd is not installed (Debian 13: virtiofsd)\n" +
      "1 of 2 servers could be compared.\n",
  );
  match(stdout, /^capabilities\n {2}main: the seven; others: none$/m);
});

originalTest(
  "servers that are all compared fit a terminal, and status 0",
  async () => {
    const { code, stdout, stderr } = await compare(
      ...["--only=original", "--only=this"],
    );
    equal(code, 0, stderr);
    const [table = ""] = stdout.split("\nStarted as\n");
    match(table, /^! original {2}main: the seven; others: all$/m);
    match(table, /^processes\n {2}all {7}1$/m);
    for (const line of table.split("\n")) ok(line.length <= 80, line);
  },
);

Deno.test("a server that nobody knows is refused", async () => {
  const { code, stderr } = await compare("--only=nobody");
  equal(code, 2);
  match(stderr, /^Cannot compare "nobody": it is not one of original, .*\n$/);
});
