/**
 * What README.md and CONTRIBUTING.md do with a checkout, run as it is written, in a
 * copy. All tests run these tests, too, so the copy has others, which end at once.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { missingPackages } from "../../scripts/packages.ts";
import { copy } from "../package/support.ts";
import { run } from "../support/programs.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { block } from "./blocks.ts";
import { ROOT } from "./commands.ts";

// The runner installs what is missing.
const test = testsThatNeed("root", (await missingPackages())?.length === 0);

/** The directories that get a test. */
const DIRECTORIES = [
  ...["acceptance", "differential", "jail", "unit"],
  ...["vhost/acceptance", "vhost/fuzz", "vhost/guest"],
];

/** Variables that choose what the tests do. */
const VARIABLES = ["SEED", "HELPER", "VHOST_HELPER", "REQUESTS"];

/** Runs a block in a copy of the checkout. Returns what the tests there say of themselves. */
async function inCopy(text: string): Promise<string[]> {
  using checkout = copy("checkout");
  const { path } = checkout;
  Deno.removeSync(`${path}/tests`, { recursive: true });
  for (const directory of DIRECTORIES) {
    Deno.mkdirSync(`${path}/tests/${directory}`, { recursive: true });
    Deno.writeTextFileSync(
      `${path}/tests/${directory}/some_test.ts`,
      `Deno.test("SIGTERM", () => console.log("RAN ${directory}", ${
        VARIABLES.map((name) => `Deno.env.get("${name}") ?? ""`)
      }));\n`,
    );
  }
  Deno.copyFileSync(`${ROOT}/tests/deno.lock`, `${path}/tests/deno.lock`);
  Deno.mkdirSync(`${path}/bin`);
  const { code, output } = await run([
    "sh",
    "-euc",
    `ln -s "$DENO" bin/deno\n${text}`,
  ], {
    cwd: path,
    env: { PATH: `${path}/bin:${Deno.env.get("PATH")}`, NO_COLOR: "1" },
  });
  equal(code, 0, `${text}\n${output}`);
  return output.split("\n").filter((line) => line.startsWith("RAN "))
    .map((line) => line.slice(4).trim().replace(/ +/, " "));
}

test("README.md's first commands run the demo, and all tests", async () => {
  const ran = await inCopy(block("README.md", "task demo"));
  deepEqual(ran, DIRECTORIES);
});

test("CONTRIBUTING.md's commands run the tests that they say", async () => {
  const ran = await inCopy(block("CONTRIBUTING.md", "--filter"));
  deepEqual(ran, [
    "jail",
    ...DIRECTORIES,
    "unit",
    "differential 1234",
    "acceptance dist/virtfs-proxy-helper",
    "vhost/acceptance dist/virtfs-vhost-helper",
    "vhost/fuzz 1000000",
    "vhost/guest 100000",
  ]);
});

Deno.test("CI runs what CONTRIBUTING.md says that a change has to pass", () => {
  const lines = Deno.readTextFileSync(`${ROOT}/.ci/run`)
    .replace(/npx --yes deno@\S+/g, "deno")
    .replace(/"?\$audit"?/g, "/tmp/log")
    // Which is the same, but that types have been checked before.
    .replace(/ --no-check tests$/gm, "")
    .split("\n");
  for (
    const written of [
      block("CONTRIBUTING.md", "deno task check"),
      block("CONTRIBUTING.md", "deno task audit"),
    ].flatMap((text) => text.split("\n"))
  ) {
    const command = written.replace(/ *#.*/, "");
    ok(lines.some((line) => line.endsWith(command)), command);
  }
});
