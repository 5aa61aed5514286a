# Generated from the option table by `deno task generate`.

_virtfs_top() {
  local word=$2 previous=${COMP_WORDS[COMP_CWORD - 1]} option= prefix=
  local -a candidates
  COMPREPLY=()
  # Readline makes a word of its own of =, unless COMP_WORDBREAKS is without it.
  if [[ ${COMP_WORDS[COMP_CWORD]} == = && $previous == --* ]]; then
    option=$previous word=
  elif [[ $previous == = && ${COMP_WORDS[COMP_CWORD - 2]} == --* ]]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $word == --*=* ]]; then
    option=${word%%=*} word=${word#*=} prefix=$option=
  elif [[ $word =~ ^(-[h]*[is])(.+)$ ]]; then
    option=${BASH_REMATCH[1]} word=${BASH_REMATCH[2]} prefix=$option
  else
    option=$previous
  fi
  # Of letters in a row the last one may have a value.
  if [[ $option =~ ^-[h]*([is])$ ]]; then
    option=-${BASH_REMATCH[1]}
  fi
  case $option in
    -i | --interval) return ;;
    -s | --sort) candidates=(-W 'requests latency errors bytes inodes descriptors name') ;;
    *)
      if [[ $word == -* && $option != -- ]]; then
        candidates=(-W '-i --interval -s --sort --once --ascii -h --help --version')
      else
        candidates=(-f)
      fi ;;
  esac
  if [[ ${candidates[0]} == -[df] ]]; then
    compopt -o filenames
    if [[ $prefix ]]; then compopt -o nospace; fi
  fi
  mapfile -t COMPREPLY < <(compgen -P "$prefix" "${candidates[@]}" -- "$word")
}
complete -F _virtfs_top virtfs-top
