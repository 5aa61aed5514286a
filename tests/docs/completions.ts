/**
 * The completions, called as each shell calls them.
 *
 * @module
 */
import { deepEqual } from "node:assert/strict";
import { DIRECTORY } from "../../scripts/completions/files.ts";
import { lacking } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";
import { lines, ROOT } from "./commands.ts";

/** A shell that completes. */
export type Shell = "bash" | "fish" | "zsh";

/** What each shell loads. */
export const FILES: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => `${DIRECTORY}/${program}.bash`,
  fish: (program) => `${DIRECTORY}/${program}.fish`,
  zsh: (program) => `${DIRECTORY}/_${program}`,
};

/** The completion of one program, in each shell. */
export interface Completion {
  readonly program: string;
  /** Registers a test, to be skipped where the shell is not there. */
  test(shell: Shell, what: string, fn: () => Promise<void>): void;
  /** What bash offers for the last of `words`, which are split as readline does. */
  inBash(words: readonly string[]): Promise<string[]>;
  /** What fish offers at the end of `line`, without the descriptions; sorted. */
  inFish(line: string): Promise<string[]>;
  /** What the tab key makes of the end of each line in zsh, on a terminal. */
  inZsh(typed: readonly string[]): Promise<string[]>;
}

/** The programs that completions call are installed. */
const ENV = { PATH: `${ROOT}/scripts:${Deno.env.get("PATH")}` };

/** compopt works only while a person waits for a completion; here it says what it was asked for. */
const BASH_SCRIPT = `
  set -eu
  source "$1"
  shift
  compopt() { echo "compopt $*"; }
  function=$(complete -p "$1" | sed 's/.* -F \\([^ ]*\\) .*/\\1/')
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  word=\${COMP_WORDS[COMP_CWORD]}
  if [[ $word == = ]]; then word=; fi
  $function "$1" "$word" "\${COMP_WORDS[COMP_CWORD - 1]}"
  if ((\${#COMPREPLY[@]})); then printf '%s\\n' "\${COMPREPLY[@]}"; fi
`;

/** The completion of `program`. */
export function completionOf(program: string): Completion {
  return {
    program,
    test(shell, what, fn) {
      const name = `${shell} ${what} (${program})`;
      Deno.test({ name, ignore: lacking(shell).length > 0, fn });
    },
    inBash(words) {
      const first = ["bash", FILES.bash(program), program];
      const args = ["--norc", "-c", BASH_SCRIPT, ...first, ...words];
      return lines("bash", args, ENV);
    },
    async inFish(line) {
      using home = workspace();
      const offered = await lines("fish", [
        "--no-config",
        "-c",
        `source ${FILES.fish(program)}; complete -C $argv[1]`,
        `${program} ${line}`,
      ], {
        ...ENV,
        HOME: home.path,
        XDG_DATA_HOME: home.path,
        XDG_CONFIG_HOME: home.path,
      });
      return offered.map((offer) => offer.split("\t", 1)[0]!).sort();
    },
    async inZsh(typed) {
      using directory = workspace();
      const command = `${program} `;
      const completed = await lines("zsh", [
        "-f",
        "tests/fixtures/complete.zsh",
        `${ROOT}/${DIRECTORY}`,
        `${directory.path}/output`,
        ...typed.map((line) => command + line),
      ], ENV);
      return completed.map((line) => line.slice(command.length));
    },
  };
}

/** Registers tests of what is offered for each input, in that order. */
export function offers(
  { test, inBash, inFish }: Completion,
  cases: {
    readonly bash: readonly (readonly [
      words: readonly string[],
      offered: readonly string[],
    ])[];
    readonly fish: readonly (readonly [
      line: string,
      offered: readonly string[],
    ])[];
  },
): void {
  const name = (typed: string, offered: readonly string[]) =>
    `completes ${typed} to ${offered.join(", ") || "nothing"}`;
  for (const [words, offered] of cases.bash) {
    test(
      "bash",
      name(words.join(" "), offered),
      async () => deepEqual(await inBash(words), offered),
    );
  }
  for (const [line, offered] of cases.fish) {
    test(
      "fish",
      name(line, offered),
      async () => deepEqual(await inFish(line), offered),
    );
  }
}

/** Registers a test of what becomes of lines in zsh: one terminal for all, as it takes a while to start. */
export function becomes(
  { test, inZsh }: Completion,
  lines: Readonly<Record<string, string>>,
): void {
  test(
    "zsh",
    "completes choices, users, groups, directories and files",
    async () => {
      const before = Object.keys(lines), after = await inZsh(before);
      deepEqual(
        Object.fromEntries(before.map((line, at) => [line, after[at]])),
        lines,
      );
    },
  );
}

/** A directory and a file whose names begin alike, and go on after `separator`. */
export function twoNames(separator: string) {
  const { path, [Symbol.dispose]: dispose } = workspace();
  const start = `${path}/a`;
  const directory = `${start}${separator}directory`;
  const file = `${start}${separator}file`;
  Deno.mkdirSync(directory);
  Deno.writeTextFileSync(file, "");
  return { start, directory, file, [Symbol.dispose]: dispose };
}
