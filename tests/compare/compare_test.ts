/** What the comparison of servers says of one that runs. */
import { equal, match, ok } from "node:assert/strict";
import { type Implementation, startHelper } from "../support/helpers.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** The rows for a helper that serves, by title. */
async function rows(
  implementation: Implementation,
): Promise<Map<string, string>> {
  using directory = workspace();
  Deno.mkdirSync(`${directory.path}/not-empty`);
  await using helper = startHelper({
    directory: directory.path,
    implementation,
  });
  equal(helper.client.lstat("/").errno, 0);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "-P=tools"],
      ...["scripts/compare.ts", "--markdown", `${helper.pid}`],
    ],
    cwd: ROOT,
    stdin: "null",
  }).output();
  equal(code, 0, new TextDecoder().decode(stderr));
  return new Map(
    new TextDecoder().decode(stdout).split("\n").slice(2).map((line) => {
      const [, title = "", cell = ""] = line.split(" | ").join("|").split("|");
      return [title.trim(), cell.trim()];
    }),
  );
}

Deno.test({
  name: "a helper of ours is seen from outside as it says of itself",
  ignore: lacking("root", "setpriv").length > 0,
  async fn() {
    const found = await rows("ours");
    equal(found.get("user of the threads"), "main: root; others: 65534");
    equal(found.get("capabilities"), "main: the seven; others: none");
    equal(found.get("inheritable, ambient"), "none");
    equal(found.get("the caller's groups"), "dropped");
    equal(found.get("mount of its root"), "nosuid, nodev");
    match(found.get("root directory")!, /^main: another; others: empty$/);
    equal(found.get("working directory"), "the root");
    match(found.get("descriptors")!, /^\d+: .*socket/);
  },
});

Deno.test({
  name: "QEMU's own helper is seen to have a thread with all rights",
  ignore: lacking("root", "setpriv", "original").length > 0,
  async fn() {
    const found = await rows("original");
    equal(found.get("capabilities"), "main: the seven; others: **all**");
    equal(found.get("seccomp"), "**none**");
    equal(found.get("mount of its root"), "**as on the host**");
  },
});

/** Compares servers, of which the Rust virtiofsd is not installed. */
async function compare(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "-P=tools", "scripts/compare.ts"],
      ...["--virtiofsd=/nonexistent/virtiofsd", ...args],
    ],
    cwd: ROOT,
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test({
  name: "a server that is not installed is named, and the others are compared",
  ignore: lacking("root", "setpriv").length > 0,
  async fn() {
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
  },
});

Deno.test({
  name: "servers that are all compared fit a terminal, and status 0",
  ignore: lacking("root", "setpriv", "original").length > 0,
  async fn() {
    const { code, stdout, stderr } = await compare(
      ...["--only=original", "--only=this"],
    );
    equal(code, 0, stderr);
    const [table = ""] = stdout.split("\nStarted as\n");
    match(table, /^! original {2}main: the seven; others: all$/m);
    match(table, /^processes\n {2}all {7}1$/m);
    for (const line of table.split("\n")) ok(line.length <= 80, line);
  },
});

Deno.test("a server that nobody knows is refused", async () => {
  const { code, stderr } = await compare("--only=nobody");
  equal(code, 1);
  match(stderr, /^Cannot compare "nobody": it is not one of original, .*\n$/);
});
