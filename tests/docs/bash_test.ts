/** Completion in bash: the function is called as bash calls it. */
import { deepEqual, equal } from "node:assert/strict";
import { OPTIONS } from "../../src/cli/options.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { run } from "./commands.ts";

const needs = { ignore: lacking("bash").length > 0 };

/** compopt works only while a person waits for a completion; here it says what it was asked for. */
const SCRIPT = `
  set -eu
  source completions/virtfs-proxy-helper.bash
  compopt() { echo "compopt $*"; }
  function=$(complete -p virtfs-proxy-helper | sed 's/.* -F \\([^ ]*\\) .*/\\1/')
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  word=\${COMP_WORDS[COMP_CWORD]}
  if [[ $word == = ]]; then word=; fi
  $function "$1" "$word" "\${COMP_WORDS[COMP_CWORD - 1]}"
  if ((\${#COMPREPLY[@]})); then printf '%s\\n' "\${COMPREPLY[@]}"; fi
`;

/** What is offered for the last of `words`, which are split as readline does. */
async function complete(...words: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run("bash", [
    "--norc",
    "-c",
    SCRIPT,
    "bash",
    "virtfs-proxy-helper",
    ...words,
  ]);
  equal(stderr, "");
  equal(code, 0);
  return stdout.split("\n").slice(0, -1);
}

Deno.test({
  name: "bash offers every option of the table where one can stand",
  ...needs,
  async fn() {
    const all = Object.entries(OPTIONS).flatMap(([name, option]) => [
      ..."short" in option ? [`-${option.short}`] : [],
      `--${name}`,
    ]);
    for (const words of [[""], ["-"], ["-n", ""], ["-p", "/srv", "-"]]) {
      deepEqual(await complete(...words), all, words.join(" "));
    }
  },
});

for (
  const [words, offered] of [
    [["--lo"], ["--log-level", "--log-format"]],
    [["-n", "--v"], ["--version"]],
    [["-p", "/srv", "--die"], ["--die-with-parent"]],
    [["--log-level", ""], ["error", "warning", "info", "debug"]],
    [["--log-level", "w"], ["warning"]],
    [["--log-format", ""], ["text", "json"]],
    [["--log-format", "="], ["text", "json"]],
    [["--log-format", "=", "j"], ["json"]],
    [["--log-format=j"], ["--log-format=json"]],
    [["-u", "roo"], ["root"]],
    [["-nu", "roo"], ["root"]],
    [["-uroo"], ["-uroot"]],
    [["-nuroo"], ["-nuroot"]],
    [["--uid", "=", "roo"], ["root"]],
    [["-g", "roo"], ["root"]],
    [["--gid", "roo"], ["root"]],
    [["-f", ""], []],
    [["--fd", "=", "3"], []],
    [["--nothing"], []],
    [["--", "-"], []],
  ] as const
) {
  Deno.test({
    name: `bash completes ${words.join(" ")} to ${
      offered.join(", ") || "nothing"
    }`,
    ...needs,
    async fn() {
      deepEqual(await complete(...words), offered);
    },
  });
}

Deno.test({
  name: "bash completes -p with directories, -s and --pid-file with files too",
  ...needs,
  async fn() {
    using directory = workspace();
    const { path } = directory;
    Deno.mkdirSync(`${path}/a directory`);
    Deno.writeTextFileSync(`${path}/a file`, "");
    const names = ["compopt -o filenames", `${path}/a directory`];
    deepEqual(await complete("-p", `${path}/a`), names);
    deepEqual(await complete("--path", `${path}/a`), names);
    deepEqual(await complete("--path", "=", `${path}/a`), names);
    deepEqual(await complete(`-np${path}/a`), [
      "compopt -o filenames",
      "compopt -o nospace",
      `-np${path}/a directory`,
    ]);
    for (const option of ["-s", "--socket", "--pid-file"]) {
      deepEqual(
        (await complete(option, `${path}/a`)).sort(),
        [`${path}/a directory`, `${path}/a file`, "compopt -o filenames"],
        option,
      );
    }
  },
});
