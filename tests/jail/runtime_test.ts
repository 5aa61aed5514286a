/** What Deno's runtime does by itself, inside the jail: nothing. */
import {
  deepEqual,
  doesNotMatch,
  equal,
  match,
  ok,
  throws,
} from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import {
  refuseCodeCache,
  refuseUpdateCheck,
} from "../../src/deno_runtime/runtime.ts";
import {
  denoCommand,
  helperPath,
  LAUNCHER,
  refusal,
  startServing,
} from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { descriptors } from "../support/processes.ts";
import { onlyMainThreadReaches } from "../support/reaching.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { exportWorkspace } from "../support/workspace.ts";

const test = testsThatNeed("root");

const tracedTest = testsThatNeed("root", "strace");
tracedTest(
  "No thread but the main one reaches for anything once the jail is entered",
  async () => {
    using place = exportWorkspace();
    const log = `${place.path}/strace`;
    await using helper = await startServing({
      place,
      wrapper: ["strace", "-f", "-o", log],
      // A cache of its own, in which Deno has never looked for updates.
      env: { DENO_DIR: `${place.path}/cache` },
    });
    // Deno waits for half a second before it looks for updates.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    equal(helper.client.lstat("/").errno, 0);
    await helper.finish();
    onlyMainThreadReaches(log);
  },
);

tracedTest(
  "Nothing is read from the directory for temporary files",
  async () => {
    using place = exportWorkspace();
    const log = `${place.path}/strace`;
    const temporary = `${place.path}/temporary`;
    Deno.mkdirSync(temporary);
    await using helper = await startServing({
      place,
      wrapper: ["strace", "-f", "-o", log],
      env: { TMPDIR: temporary },
    });
    await helper.finish();
    deepEqual(
      Deno.readTextFileSync(log).split("\n").filter((line) =>
        line.includes(temporary) && !line.includes(" execve(")
      ),
      [],
    );
  },
);

test("Deno's caches are neither open nor mapped while the helper serves, and stay whole", async () => {
  using place = exportWorkspace();
  using host = new Host();
  const cache = `${place.path}/cache`;
  // Cold, warm, and where none can be made.
  for (const DENO_DIR of [cache, cache, "/dev/null/none"]) {
    await using helper = await startServing({
      place,
      args: ["--print-sandbox"],
      env: { DENO_DIR },
    });
    for (const [fd, link] of await descriptors(helper.pid)) {
      ok(fd < 3 || !link.startsWith(place.path), `${fd} is ${link}`);
    }
    const maps = host.readFile(`/proc/${helper.pid}/maps`);
    ok(!maps.includes(place.path), maps);
    const output = await helper.finish();
    match(output, /^ok {4}descriptors +\d+ open, no file but the standard/m);
  }
  // The binary has none.
  if (helperPath() !== LAUNCHER) return;
  const names = [...Deno.readDirSync(cache)].map(({ name }) => name)
    .filter((name) => /_cache_v\d+$/.test(name));
  ok(names.length > 0, "Deno has other caches now");
  for (const name of names) {
    const database = new DatabaseSync(`${cache}/${name}`);
    const rows = database.prepare("PRAGMA integrity_check").all();
    equal(rows[0]?.["integrity_check"], "ok");
    database.close();
  }
});

test("Starting, serving and ending load none of the scripts that Deno loads when first used", async () => {
  await using helper = await startServing({
    // Known to Deno 2.9; setTimeout() would show twenty of them, and take 6 ms.
    env: { DENO_LOG_LAZY_LOAD: "1" },
  });
  doesNotMatch(await helper.finish(), /^\[lazy\]/m);
});

test("Without the launcher, a runtime that may look for updates is refused", async () => {
  using place = exportWorkspace();
  const output = await refusal({
    place,
    wrapper: ["env", "-u", "DENO_NO_UPDATE_CHECK"],
    grants: [`--allow-read=${place.export}`],
  });
  match(output, /error: Cannot start while Deno may look for updates/);
});

test("Without the launcher, a runtime that caches code is refused", async () => {
  using place = exportWorkspace();
  const program = denoCommand([`--allow-read=${place.export}`])
    .filter((arg) => arg !== "--no-code-cache");
  const env = { DENO_NO_UPDATE_CHECK: "1" };
  match(
    await refusal({ place, program, env }),
    /error: Cannot start while Deno fills its code cache .*add --no-code-cache/,
  );
});

Deno.test("refuseCodeCache() wants the flag, as a word of its own", () => {
  refuseCodeCache("deno\0run\0--no-code-cache\0mod.ts\0-n\0");
  for (const cmdline of ["", "deno\0run\0mod.ts\0", "--no-code-cache=x\0"]) {
    throws(() => refuseCodeCache(cmdline), { name: "StartError" });
  }
});

Deno.test("refuseUpdateCheck() wants the variable set, and not to nothing", () => {
  refuseUpdateCheck("A=1\0DENO_NO_UPDATE_CHECK=1\0B=2\0");
  for (
    const start of ["", "DENO_NO_UPDATE_CHECK=\0", "XDENO_NO_UPDATE_CHECK=1\0"]
  ) {
    throws(() => refuseUpdateCheck(start), { name: "StartError" });
  }
});
