/**
 * Completion for fish.
 *
 * @module
 */
import type { Option } from "../../src/cli/options.ts";
import { GENERATED, PROGRAM, type Table } from "./table.ts";

/** The options of `complete` for a value, by what the value is. */
const ARGUMENTS: Readonly<Record<NonNullable<Option["completes"]>, string>> = {
  directory: "-x -a '(__fish_complete_directories)'",
  file: "-r -F",
  user: "-x -a '(__fish_complete_users)'",
  group: "-x -a '(__fish_complete_groups)'",
};

/** The script that fish reads. */
export function fishCompletion(table: Table): string {
  return [
    `# ${GENERATED}`,
    "",
    // There are no operands, so no files are offered.
    `complete -c ${PROGRAM} -f`,
    ...Object.entries(table).map(([name, option]) =>
      [
        `complete -c ${PROGRAM}`,
        ...option.short === undefined ? [] : [`-s ${option.short}`],
        `-l ${name}`,
        ...argument(option),
        `-d ${quote(option.help)}`,
      ].join(" ")
    ),
    "",
  ].join("\n");
}

function argument({ value, choices, completes }: Option): string[] {
  if (value === undefined) return [];
  if (choices !== undefined) return [`-x -a ${quote(choices.join(" "))}`];
  return [completes === undefined ? "-x" : ARGUMENTS[completes]];
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
