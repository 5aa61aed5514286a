/**
 * Completion for zsh, by its function `_arguments`.
 *
 * @module
 */
import {
  type Completed,
  type Completes,
  GENERATED,
  type Option,
  spellings,
} from "./table.ts";

/** The functions that complete a value, by what it is. */
const ACTIONS: Readonly<Record<Completes, string>> = {
  directory: "_directories",
  file: "_files",
  user: "_users",
  group: "_groups",
};

/** The function that zsh loads. */
export function zshCompletion(
  { program, options, operands }: Completed,
): string {
  const specs = [...options.map(spec), ...operands?.zsh.specs ?? []];
  return `#compdef ${program}
# ${GENERATED}

${operands?.zsh.functions ?? ""}_arguments -s -S : \\
${specs.map((spec) => `  ${spec}`).join(" \\\n")}
`;
}

/** As in `'(-p --path)'{-p+,--path=}'[the directory to share]:DIR:_directories'`. */
function spec(option: Option): string {
  const { value, optional, repeatable, choices, completes, help } = option;
  const forms = spellings(option).map((name) => form(option, name));
  const action = choices !== undefined
    ? `(${choices.join(" ")})`
    : completes === undefined
    ? " "
    : ACTIONS[completes];
  const colon = optional ? "::" : ":";
  const rest = `[${help.replace(/[\\[\]]/g, "\\$&")}]${
    value === undefined ? "" : `${colon}${value}:${action}`
  }`;
  // Else it is offered once, in one of its spellings.
  const again = repeatable ? "*" : "";
  return forms.length === 1
    ? quote(`${again}${forms[0]}${rest}`)
    : `${quote(`${again || `(${spellings(option).join(" ")})`}`)}{${
      forms.join(",")
    }}${quote(rest)}`;
}

/** Where the value is: + after a letter is joined or in the next word, as = after a name; =- is joined only. */
function form({ value, separate }: Option, name: string): string {
  if (value === undefined) return name;
  return `${name}${!name.startsWith("--") ? "+" : separate ? "=" : "=-"}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
