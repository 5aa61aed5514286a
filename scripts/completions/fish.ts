/**
 * Completion for fish.
 *
 * @module
 */
import {
  type Completed,
  type Completes,
  GENERATED,
  type Option,
} from "./table.ts";

/** The options of `complete` for a value, by what the value is. */
const ARGUMENTS: Readonly<Record<Completes, string>> = {
  directory: "-x -a '(__fish_complete_directories)'",
  file: "-r -F",
  user: "-x -a '(__fish_complete_users)'",
  group: "-x -a '(__fish_complete_groups)'",
};

/** The script that fish reads. */
export function fishCompletion(
  { program, options, operands }: Completed,
): string {
  return [
    `# ${GENERATED}`,
    "",
    // Else files are offered where no option is.
    ...operands?.fish.length === 0 ? [] : [`complete -c ${program} -f`],
    ...operands?.fish ?? [],
    ...options.map((option) =>
      [
        `complete -c ${program}`,
        ...option.short === undefined ? [] : [`-s ${option.short}`],
        ...option.long === undefined ? [] : [`-l ${option.long}`],
        ...argument(option),
        `-d ${quote(option.help)}`,
      ].join(" ")
    ),
    "",
  ].join("\n");
}

function argument({ value, separate, choices, completes }: Option): string[] {
  if (value === undefined) return [];
  if (choices !== undefined) {
    // Without -x fish looks for a value behind = only.
    return [...separate ? ["-x"] : [], `-a ${quote(choices.join(" "))}`];
  }
  return [completes === undefined ? "-x" : ARGUMENTS[completes]];
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
