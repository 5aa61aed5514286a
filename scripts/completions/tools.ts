/**
 * What is completed of virtfs-shares and virtfs-top, which have no option table of
 * their own: tests compare these with their `--help`.
 *
 * @module
 */
import { SORTS } from "../top/rows.ts";
import { type Completed, optionsOf } from "./table.ts";

/** virtfs-top: its operands are files and directories. */
export const TOP: Completed = {
  program: "virtfs-top",
  options: optionsOf({
    interval: { short: "i", value: "SECONDS", help: "how often to look (1)" },
    sort: {
      short: "s",
      value: "KEY",
      choices: SORTS,
      help: "what the list is sorted by (requests)",
    },
    once: { help: "print what the helpers do, once, and end" },
    ascii: { help: "bars of # and -, for terminals without blocks" },
    help: { short: "h", help: "show this and exit" },
    version: { help: "show the version and exit" },
  }),
  operands: {
    bash: "candidates=(-f)",
    // Files are what fish completes by itself.
    fish: [],
    zsh: { functions: "", specs: ["'*:FILE or DIRECTORY:_files'"] },
  },
};

/** The commands of virtfs-shares. */
export const COMMANDS: Readonly<Record<string, string>> = {
  list: "show the shares",
  start: "let guests connect to these shares, or to all",
  stop: "end these shares, or all, even while guests use them",
  restart: "stop, then start with what the file says now",
  status: "show whether they are started, and used",
  command: "print what serves them on a host without systemd",
};
const names = Object.keys(COMMANDS);

/** virtfs-shares: a command, and names out of the file, which it prints itself. */
export const SHARES: Completed = {
  program: "virtfs-shares",
  options: optionsOf({
    file: {
      short: "f",
      value: "FILE",
      completes: "file",
      help: "the file (default: /etc/virtfs/shares)",
    },
    "dry-run": {
      short: "n",
      help: "with start, stop, restart: print what would be done",
    },
    help: { short: "h", help: "show this and exit" },
    version: { help: "show the version and exit" },
  }),
  operands: {
    bash: `local at command= file=()
        # Readline makes a word of its own of :, which a name may have in it.
        if [[ $previous == : || \${COMP_WORDS[COMP_CWORD]} == : ]]; then return; fi
        for ((at = 1; at < COMP_CWORD; at++)); do
          case \${COMP_WORDS[at]} in
            -f | -nf | --file)
              if [[ \${COMP_WORDS[at + 1]} == = ]]; then ((at++)); fi
              file=("--file=\${COMP_WORDS[++at]}") ;;
            -f?* | --file=*) file=("\${COMP_WORDS[at]}") ;;
            -nf?*) file=("-f\${COMP_WORDS[at]#-nf}") ;;
            -*) ;;
            *) command=\${COMP_WORDS[at]} ;;
          esac
        done
        if [[ $command ]]; then
          candidates=(-W "$(virtfs-shares "\${file[@]}" list 2>/dev/null | sed '1d; s/ .*//')")
        else
          candidates=(-W '${names.join(" ")}')
        fi`,
    fish: [
      `function __virtfs_shares_has_command
    __fish_seen_subcommand_from ${names.join(" ")}
end`,
      `function __virtfs_shares_names
    set -l words (commandline -opc)
    argparse --ignore-unknown n/dry-run f/file= -- $words[2..-1] 2>/dev/null
    set -q _flag_file; and set -l file --file=$_flag_file
    virtfs-shares $file list 2>/dev/null | string replace --regex ' .*' '' | tail -n +2
end`,
      ...Object.entries(COMMANDS).map(([name, help]) =>
        `complete -c virtfs-shares -n 'not __virtfs_shares_has_command' -a ${name} -d '${help}'`
      ),
      "complete -c virtfs-shares -n __virtfs_shares_has_command -a '(__virtfs_shares_names)'",
    ],
    zsh: {
      functions: `_virtfs_shares_names() {
  # As it was typed, with backslashes twice.
  local file=\${(Q)\${\${opt_args[-f]:-\${opt_args[--file]}}//\\\\\\\\/\\\\}}
  local -a names
  names=(\${(f)"$(virtfs-shares \${file:+--file=$file} list 2>/dev/null)"})
  compadd -- \${\${names[2,-1]}%% *}
}

local line
local -A opt_args
`,
      specs: [
        `'1:COMMAND:((${
          Object.entries(COMMANDS)
            .map(([name, help]) => `${name}\\:"${help}"`).join(" ")
        }))'`,
        "'*:NAME:_virtfs_shares_names'",
      ],
    },
  },
};
