/**
 * Completion for zsh, by its function `_arguments`.
 *
 * @module
 */
import type { Option } from "../../src/cli/options.ts";
import { GENERATED, PROGRAM, spellings, type Table } from "./table.ts";

/** The functions that complete a value, by what it is. */
const ACTIONS: Readonly<Record<NonNullable<Option["completes"]>, string>> = {
  directory: "_directories",
  file: "_files",
  user: "_users",
  group: "_groups",
};

/** The function that zsh loads. */
export function zshCompletion(table: Table): string {
  return `#compdef ${PROGRAM}
# ${GENERATED}

_arguments -s -S : \\
${
    Object.entries(table).map(([name, option]) => `  ${spec(name, option)}`)
      .join(" \\\n")
  }
`;
}

/** As in `'(-p --path)'{-p+,--path=}'[the directory to export]:DIR:_directories'`. */
function spec(name: string, option: Option): string {
  const { value, choices, completes, help } = option;
  const [long = "", short] = spellings(name, option).reverse();
  // Joined or in the next word: a letter's value is marked by +, a word's by =.
  const forms = [short && `${short}+`, `${long}=`].filter(Boolean)
    .map((form) => value === undefined ? form!.slice(0, -1) : form);
  const action = choices !== undefined
    ? `(${choices.join(" ")})`
    : completes === undefined
    ? " "
    : ACTIONS[completes];
  const rest = `[${help.replace(/[\\[\]]/g, "\\$&")}]${
    value === undefined ? "" : `:${value}:${action}`
  }`;
  return short === undefined
    ? quote(`${forms[0]}${rest}`)
    : `${quote(`(${short} ${long})`)}{${forms.join(",")}}${quote(rest)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
