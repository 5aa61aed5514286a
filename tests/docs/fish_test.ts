/** Completion in fish. */
import { deepEqual, equal } from "node:assert/strict";
import { OPTIONS } from "../../src/cli/options.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { run } from "./commands.ts";

const needs = { ignore: lacking("fish").length > 0 };
const FILE = "completions/virtfs-proxy-helper.fish";

/** What is offered at the end of `line`, without the descriptions. */
async function complete(line: string): Promise<string[]> {
  using home = workspace();
  const { code, stdout, stderr } = await run("fish", [
    "--no-config",
    "-c",
    `source ${FILE}; complete -C $argv[1]`,
    `virtfs-proxy-helper ${line}`,
  ], { HOME: home.path, XDG_DATA_HOME: home.path, XDG_CONFIG_HOME: home.path });
  equal(stderr, "");
  equal(code, 0);
  return stdout.split("\n").slice(0, -1)
    .map((offer) => offer.split("\t", 1)[0]!);
}

Deno.test({
  name: "fish finds no fault with its completion",
  ...needs,
  async fn() {
    deepEqual(await run("fish", ["--no-execute", FILE]), {
      code: 0,
      stdout: "",
      stderr: "",
    });
  },
});

Deno.test({
  name: "fish offers every option of the table",
  ...needs,
  async fn() {
    deepEqual(
      (await complete("--")).sort(),
      Object.keys(OPTIONS).map((name) => `--${name}`).sort(),
    );
    const letters = Object.values(OPTIONS).flatMap((option) =>
      "short" in option ? [`-${option.short}`] : []
    );
    deepEqual(
      (await complete("-")).filter((offer) => !offer.startsWith("--")).sort(),
      letters.sort(),
    );
  },
});

for (
  const [line, offered] of [
    ["--log-level ", ["debug", "error", "info", "warning"]],
    ["--log-format=j", ["--log-format=json"]],
    ["-f ", []],
    ["", []],
  ] as const
) {
  Deno.test({
    name: `fish completes ${line} to ${offered.join(", ") || "nothing"}`,
    ...needs,
    async fn() {
      deepEqual((await complete(line)).sort(), offered);
    },
  });
}

Deno.test({
  name:
    "fish completes users, groups, -p with directories, -s and --pid-file with files too",
  ...needs,
  async fn() {
    using directory = workspace();
    const { path } = directory;
    Deno.mkdirSync(`${path}/export`);
    Deno.writeTextFileSync(`${path}/extra`, "");
    deepEqual(await complete("-u roo"), ["root"]);
    deepEqual(await complete("--gid roo"), ["root"]);
    deepEqual(await complete(`-p ${path}/ex`), [`${path}/export/`]);
    for (const option of ["-s", "--pid-file"]) {
      deepEqual(
        (await complete(`${option} ${path}/ex`)).sort(),
        [`${path}/export/`, `${path}/extra`],
        option,
      );
    }
  },
});
