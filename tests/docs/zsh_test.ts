/** Completion in zsh: lines are completed on a terminal. */
import { deepEqual, equal } from "node:assert/strict";
import { OPTIONS } from "../../src/cli/options.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { ROOT, run } from "./commands.ts";

const needs = { ignore: lacking("zsh").length > 0 };
const FILE = "completions/_virtfs-proxy-helper";

/** What the tab key makes of the end of `lines`. */
async function complete(lines: readonly string[]): Promise<string[]> {
  using directory = workspace();
  const command = "virtfs-proxy-helper ";
  const { code, stdout, stderr } = await run("zsh", [
    "-f",
    "tests/fixtures/complete.zsh",
    `${ROOT}/completions`,
    `${directory.path}/output`,
    ...lines.map((line) => command + line),
  ]);
  equal(stderr, "");
  equal(code, 0);
  return stdout.split("\n").slice(0, -1)
    .map((line) => line.slice(command.length));
}

Deno.test({
  name: "zsh finds no fault with its completion",
  ...needs,
  async fn() {
    deepEqual(await run("zsh", ["-f", "-n", FILE]), {
      code: 0,
      stdout: "",
      stderr: "",
    });
  },
});

Deno.test({
  name: "zsh completes the name of every option of the table",
  ...needs,
  async fn() {
    // What another name goes on from is waited with.
    const names = Object.entries(OPTIONS).filter(([name]) =>
      !Object.keys(OPTIONS).some((other) => other.startsWith(`${name}-`))
    );
    deepEqual(
      await complete(names.map(([name]) => `--${name}`)),
      names.map(([name, option]) =>
        `--${name}${"value" in option ? "=" : " "}`
      ),
    );
  },
});

/** Lines, and what becomes of them. */
const LINES = {
  "--log-f": "--log-format=",
  "--die": "--die-with-parent ",
  "--log-format=j": "--log-format=json ",
  "--log-level w": "--log-level warning ",
  "-n -u roo": "-n -u root ",
  "-nuroo": "-nuroot ",
  "--gid=roo": "--gid=root ",
  "-p /usr/bi": "-p /usr/bin/",
  "-np/usr/bi": "-np/usr/bin/",
  "--path=/usr/bi": "--path=/usr/bin/",
  "-s /proc/cpuin": "-s /proc/cpuinfo ",
  "--pid-file /proc/cpuin": "--pid-file /proc/cpuinfo ",
  "-f roo": "-f roo",
  "/usr/bi": "/usr/bi",
};

Deno.test({
  name: "zsh completes choices, users, groups, directories and files",
  ...needs,
  async fn() {
    const before = Object.keys(LINES), after = await complete(before);
    deepEqual(
      Object.fromEntries(before.map((line, at) => [line, after[at]])),
      LINES,
    );
  },
});
