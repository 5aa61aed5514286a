/** The shell completions, called as each shell calls them. */
import { deepEqual } from "node:assert/strict";
import { type Option, OPTIONS } from "../../src/cli/options.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { lines, ROOT } from "./commands.ts";

type Shell = "bash" | "fish" | "zsh";

function test(shell: Shell, what: string, fn: () => Promise<void>): void {
  const ignore = lacking(shell).length > 0;
  Deno.test({ name: `${shell} ${what}`, ignore, fn });
}

/** Tests what is offered for each input, in that order. */
function offers<Input extends string | readonly string[]>(
  shell: Shell,
  complete: (input: Input) => Promise<string[]>,
  cases: readonly (readonly [Input, readonly string[]])[],
): void {
  for (const [input, offered] of cases) {
    const typed = typeof input === "string" ? input : input.join(" ");
    test(
      shell,
      `completes ${typed} to ${offered.join(", ") || "nothing"}`,
      async () => deepEqual(await complete(input), offered),
    );
  }
}

const FISH_FILE = "completions/virtfs-proxy-helper.fish";

const NAMES = Object.keys(OPTIONS).map((name) => `--${name}`);

/** compopt works only while a person waits for a completion; here it says what it was asked for. */
const BASH_SCRIPT = `
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

/** What bash offers for the last of `words`, which are split as readline does. */
function inBash(words: readonly string[]): Promise<string[]> {
  const program = ["bash", "virtfs-proxy-helper"];
  return lines("bash", ["--norc", "-c", BASH_SCRIPT, ...program, ...words]);
}

/** What fish offers at the end of `line`, without the descriptions; sorted. */
async function inFish(line: string): Promise<string[]> {
  using home = workspace();
  const offered = await lines("fish", [
    "--no-config",
    "-c",
    `source ${FISH_FILE}; complete -C $argv[1]`,
    `virtfs-proxy-helper ${line}`,
  ], { HOME: home.path, XDG_DATA_HOME: home.path, XDG_CONFIG_HOME: home.path });
  return offered.map((offer) => offer.split("\t", 1)[0]!).sort();
}

/** What the tab key makes of the end of each line in zsh, on a terminal. */
async function inZsh(typed: readonly string[]): Promise<string[]> {
  using directory = workspace();
  const command = "virtfs-proxy-helper ";
  const completed = await lines("zsh", [
    "-f",
    "tests/fixtures/complete.zsh",
    `${ROOT}/completions`,
    `${directory.path}/output`,
    ...typed.map((line) => command + line),
  ]);
  return completed.map((line) => line.slice(command.length));
}

for (
  const [shell, ...args] of [
    ["fish", "--no-execute", FISH_FILE],
    ["zsh", "-f", "-n", "completions/_virtfs-proxy-helper"],
  ] as const
) {
  test(shell, "finds no fault with its completion", async () => {
    deepEqual(await lines(shell, args), []);
  });
}

test(
  "bash",
  "offers every option of the table where one can stand",
  async () => {
    const all = Object.entries<Option>(OPTIONS).flatMap(([name, { short }]) => [
      ...short === undefined ? [] : [`-${short}`],
      `--${name}`,
    ]);
    for (const words of [[""], ["-"], ["-n", ""], ["-p", "/srv", "-"]]) {
      deepEqual(await inBash(words), all, words.join(" "));
    }
  },
);

test("fish", "offers every option of the table", async () => {
  deepEqual(await inFish("--"), NAMES.toSorted());
  const letters = Object.values<Option>(OPTIONS).flatMap(({ short }) =>
    short === undefined ? [] : [`-${short}`]
  );
  deepEqual(
    (await inFish("-")).filter((offer) => !offer.startsWith("--")),
    letters.sort(),
  );
});

test("zsh", "completes the name of every option of the table", async () => {
  // After a name with which a longer one begins it waits.
  const names = Object.entries<Option>(OPTIONS).filter(([name]) =>
    !NAMES.some((other) => other.startsWith(`--${name}-`))
  );
  deepEqual(
    await inZsh(names.map(([name]) => `--${name}`)),
    names.map(([name, { value }]) =>
      `--${name}${value === undefined ? " " : "="}`
    ),
  );
});

offers("bash", inBash, [
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
]);

offers("fish", inFish, [
  ["--log-level ", ["debug", "error", "info", "warning"]],
  ["--log-format=j", ["--log-format=json"]],
  ["-f ", []],
  ["", []],
  ["-u roo", ["root"]],
  ["--gid roo", ["root"]],
]);

test(
  "bash",
  "completes -p with directories, -s and --pid-file with files too",
  async () => {
    using made = files(" ");
    const { start, directory, file } = made;
    const names = ["compopt -o filenames", directory];
    deepEqual(await inBash(["-p", start]), names);
    deepEqual(await inBash(["--path", start]), names);
    deepEqual(await inBash(["--path", "=", start]), names);
    deepEqual(await inBash([`-np${start}`]), [
      "compopt -o filenames",
      "compopt -o nospace",
      `-np${directory}`,
    ]);
    for (const option of ["-s", "--socket", "--pid-file"]) {
      deepEqual(
        (await inBash([option, start])).sort(),
        [directory, file, "compopt -o filenames"],
        option,
      );
    }
  },
);

test(
  "fish",
  "completes -p with directories, -s and --pid-file with files too",
  async () => {
    using made = files("_");
    const { start, directory, file } = made;
    deepEqual(await inFish(`-p ${start}`), [`${directory}/`]);
    for (const option of ["-s", "--pid-file"]) {
      const offered = await inFish(`${option} ${start}`);
      deepEqual(offered, [`${directory}/`, file], option);
    }
  },
);

/** A directory and a file whose names begin alike, and go on after `separator`. */
function files(separator: string) {
  const { path, [Symbol.dispose]: dispose } = workspace();
  const start = `${path}/a`;
  const directory = `${start}${separator}directory`;
  const file = `${start}${separator}file`;
  Deno.mkdirSync(directory);
  Deno.writeTextFileSync(file, "");
  return { start, directory, file, [Symbol.dispose]: dispose };
}

/** Lines, and what becomes of them: one terminal for all, as it takes a while to start. */
const ZSH_LINES = {
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

test(
  "zsh",
  "completes choices, users, groups, directories and files",
  async () => {
    const before = Object.keys(ZSH_LINES), after = await inZsh(before);
    deepEqual(
      Object.fromEntries(before.map((line, at) => [line, after[at]])),
      ZSH_LINES,
    );
  },
);
