/**
 * Completion for bash. Needs nothing but bash: neither bash-completion's
 * functions nor its handling of words.
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

/** The options of `compgen` that complete a value, by what the value is. */
const GENERATORS: Readonly<Record<Completes, string>> = {
  directory: "-d",
  file: "-f",
  user: "-u",
  group: "-g",
};

/** The script that bash reads. */
export function bashCompletion(
  { program, options, operands }: Completed,
): string {
  const valued = options.filter(({ value }) => value !== undefined);
  const letters = (which: readonly Option[]) =>
    which.map(({ short }) => short ?? "").join("");
  const switches = `[${
    letters(options.filter((option) => !valued.includes(option)))
  }]*`;
  const withValue = `[${letters(valued)}]`;
  const all = options.flatMap(spellings);
  const joined = valued.filter(({ separate }) => !separate).flatMap(spellings);
  const name = `_${program.replaceAll("-", "_")}`;
  return `# ${GENERATED}

${name}() {
  local word=$2 previous=\${COMP_WORDS[COMP_CWORD - 1]} option= prefix=
  local -a candidates
  COMPREPLY=()
  # Readline makes a word of its own of =, unless COMP_WORDBREAKS is without it.
  if [[ \${COMP_WORDS[COMP_CWORD]} == = && $previous == --* ]]; then
    option=$previous word=
  elif [[ $previous == = && \${COMP_WORDS[COMP_CWORD - 2]} == --* ]]; then
    option=\${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $word == --*=* ]]; then
    option=\${word%%=*} word=\${word#*=} prefix=$option=
  elif [[ $word =~ ^(-${switches}${withValue})(.+)$ ]]; then
    option=\${BASH_REMATCH[1]} word=\${BASH_REMATCH[2]} prefix=$option
  else
    option=$previous
${
    joined.length === 0
      ? ""
      : `    # The value of these is in the same argument, or nowhere.
    case $option in ${joined.join(" | ")}) option= ;; esac
`
  }  fi
  # Of letters in a row the last one may have a value.
  if [[ $option =~ ^-${switches}(${withValue})$ ]]; then
    option=-\${BASH_REMATCH[1]}
  fi
  case $option in
${valued.map((option) => `    ${branch(option)}`).join("\n")}
${
    operands === undefined
      ? `    --) return ;;
    *) candidates=(-W '${all.join(" ")}') ;;`
      : `    *)
      if [[ $word == -* && $option != -- ]]; then
        candidates=(-W '${all.join(" ")}')
      else
        ${operands.bash}
      fi ;;`
  }
  esac
  if [[ \${candidates[0]} == -[df] ]]; then
    compopt -o filenames
    if [[ $prefix ]]; then compopt -o nospace; fi
  fi
  mapfile -t COMPREPLY < <(compgen -P "$prefix" "\${candidates[@]}" -- "$word")
}
complete -F ${name} ${program}
`;
}

function branch(option: Option): string {
  const { choices, completes } = option;
  const action = choices !== undefined
    ? `candidates=(-W '${choices.join(" ")}')`
    : completes !== undefined
    ? `candidates=(${GENERATORS[completes]})`
    : "return";
  return `${spellings(option).join(" | ")}) ${action} ;;`;
}
