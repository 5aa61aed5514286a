/** The examples of mod.ts do what they say, on the real helper. */
import { deepEqual, match, ok } from "node:assert/strict";
import { LIBC_CANDIDATES } from "../../ffi/libc.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { ROOT } from "./commands.ts";
import { onHost } from "./page_host.ts";

const test = testsThatNeed("root", "unshare", "mount");

/** Of a stranger; to each example Deno adds imports of all names. */
const CONFIGURATION = JSON.stringify({
  imports: { "@virtfs/proxy-helper": `${ROOT}/mod.ts` },
  compilerOptions: { noUnusedLocals: false },
});
/** What somebody who imports the library gets. */
const PUBLISHED =
  /^(?:mod\.ts|deno\.json|README\.md|CHANGELOG\.md|LICENSE|(?:ffi|src)\/.*\.ts)$/;

test("The examples in the documentation of the library run as tests, with the permission that it names", async () => {
  const { stdout } = await onHost(`
    chown 1000:1000 /srv/share
    virtfs-proxy-helper -n -p /srv/share -s /run/share.sock -u 0 -g 0 >/run/log 2>&1 &
    until_there /run/share.sock $!
    echo '${CONFIGURATION}' >/run/deno.json
    NO_COLOR=1 "${Deno.execPath()}" test --doc --no-prompt --no-lock --config=/run/deno.json \\
      --allow-ffi=${LIBC_CANDIDATES.join(",")} mod.ts
    stat -c %u:%g /srv/share/directory`);
  const lines = stdout.split("\n").map((line) => line.trim());
  deepEqual(
    lines.filter((line) => /^(?:40755 |2$|LSTAT |ok \| |1000:1000)/.test(line))
      .map((line) => line.replace(/ \(\d+\w+\)$/, "")),
    [
      "40755 1000",
      "2",
      "LSTAT Uint8Array(10) [",
      "ok | 2 passed | 0 failed",
      "1000:1000",
    ],
  );
});

test("The library can be published as far as that goes without a network, and holds no tests", async () => {
  const { output } = await onHost(
    `NO_COLOR=1 "${Deno.execPath()}" publish --dry-run --allow-dirty`,
  );
  match(output, /^Success Dry run complete$/m);
  const files = [...output.matchAll(/^ +file:\/\/(\S+) \(/gm)].map(([, path]) =>
    path!.replace(`${ROOT}/`, "")
  );
  ok(files.includes("mod.ts"), output);
  deepEqual(files.filter((name) => !PUBLISHED.test(name)), []);
});
