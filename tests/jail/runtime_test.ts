/** What Deno's runtime does by itself, inside the jail: nothing. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { refuseUpdateCheck } from "../../src/runtime.ts";
import { startHelper } from "../support/helpers.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

/** Calls by which a thread could reach something by name, or the network. */
const REACHING =
  /^\d+ +(open|openat|openat2|stat|lstat|newfstatat|statx|access|faccessat2?|readlink|readlinkat|execve|socket|connect|sendto|sendmmsg|unlink|unlinkat|mkdir|rename)\(/;

/**
 * V8 asks for the clock's frequency when first a lock is contended, glibc for
 * the number of CPUs when a thread first allocates. In the empty root neither
 * is there; that is what it is for.
 */
const HARMLESS = /"\/(sys\/devices\/system\/cpu\/|proc\/stat")/;

Deno.test({
  name:
    "No thread but the main one reaches for anything once the jail is entered",
  ignore: lacking("root", "strace").length > 0,
  async fn() {
    using directory = workspace();
    const log = `${directory.path}/strace`;
    const path = `${directory.path}/export`;
    Deno.mkdirSync(path);
    Deno.chmodSync(directory.path, 0o755);
    await using helper = startHelper({
      directory: path,
      wrapper: ["strace", "-f", "-o", log],
      // A cache of its own, in which Deno has never looked for updates.
      env: { DENO_DIR: `${directory.path}/cache` },
    });
    equal(helper.client.lstat("/").errno, 0);
    // Deno waits for half a second before it looks for updates.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    equal(helper.client.lstat("/").errno, 0);
    equal((await helper.stop()).code, 0);
    const lines = Deno.readTextFileSync(log).split("\n");
    const entered = lines.findIndex((line) => line.includes(' chroot(".")'));
    const main = /^\d+/.exec(lines[entered] ?? "")?.[0];
    equal(typeof main, "string");
    deepEqual(
      lines.slice(entered).filter((line) =>
        REACHING.test(line) && !line.startsWith(`${main} `) &&
        !HARMLESS.test(line)
      ),
      [],
    );
    deepEqual(
      lines.slice(entered).filter((line) =>
        / (socket|connect|execve)\(/.test(line)
      ),
      [],
    );
  },
});

Deno.test({
  name: "Nothing is read from the directory for temporary files",
  ignore: lacking("root", "strace").length > 0,
  async fn() {
    using directory = workspace();
    const log = `${directory.path}/strace`;
    const temporary = `${directory.path}/temporary`;
    const path = `${directory.path}/export`;
    for (const name of [temporary, path]) Deno.mkdirSync(name);
    await using helper = startHelper({
      directory: path,
      wrapper: ["strace", "-f", "-o", log],
      env: { TMPDIR: temporary },
    });
    equal(helper.client.lstat("/").errno, 0);
    equal((await helper.stop()).code, 0);
    deepEqual(
      Deno.readTextFileSync(log).split("\n").filter((line) =>
        line.includes(temporary) && !line.includes(" execve(")
      ),
      [],
    );
  },
});

Deno.test({
  name: "Without the launcher, a runtime that may look for updates is refused",
  ignore: lacking("root").length > 0,
  async fn() {
    using directory = workspace();
    await using helper = startHelper({
      directory: directory.path,
      wrapper: ["env", "-u", "DENO_NO_UPDATE_CHECK"],
      grants: [`--allow-read=${directory.path}`],
    });
    equal((await helper.status).code, 1);
    match(
      await helper.output,
      /error: Cannot start while Deno may look for updates/,
    );
  },
});

Deno.test("refuseUpdateCheck() wants the variable set, and not to nothing", () => {
  refuseUpdateCheck("A=1\0DENO_NO_UPDATE_CHECK=1\0B=2\0");
  for (
    const environ of [
      "",
      "DENO_NO_UPDATE_CHECK=\0",
      "XDENO_NO_UPDATE_CHECK=1\0",
    ]
  ) {
    throws(() => refuseUpdateCheck(environ), { name: "RuntimeError" });
  }
});
