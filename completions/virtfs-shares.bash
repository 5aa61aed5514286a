# Generated from the option table by `deno task generate`.

_virtfs_shares() {
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
  elif [[ $word =~ ^(-[nh]*[f])(.+)$ ]]; then
    option=${BASH_REMATCH[1]} word=${BASH_REMATCH[2]} prefix=$option
  else
    option=$previous
  fi
  # Of letters in a row the last one may have a value.
  if [[ $option =~ ^-[nh]*([f])$ ]]; then
    option=-${BASH_REMATCH[1]}
  fi
  case $option in
    -f | --file) candidates=(-f) ;;
    *)
      if [[ $word == -* && $option != -- ]]; then
        candidates=(-W '-f --file -n --dry-run -h --help --version')
      else
        local at command= file=()
        # Readline makes a word of its own of :, which a name may have in it.
        if [[ $previous == : || ${COMP_WORDS[COMP_CWORD]} == : ]]; then return; fi
        for ((at = 1; at < COMP_CWORD; at++)); do
          case ${COMP_WORDS[at]} in
            -f | -nf | --file)
              if [[ ${COMP_WORDS[at + 1]} == = ]]; then ((at++)); fi
              file=("--file=${COMP_WORDS[++at]}") ;;
            -f?* | --file=*) file=("${COMP_WORDS[at]}") ;;
            -nf?*) file=("-f${COMP_WORDS[at]#-nf}") ;;
            -*) ;;
            *) command=${COMP_WORDS[at]} ;;
          esac
        done
        if [[ $command ]]; then
          candidates=(-W "$(virtfs-shares "${file[@]}" list 2>/dev/null | sed '1d; s/ .*//')")
        else
          candidates=(-W 'list start stop restart status command')
        fi
      fi ;;
  esac
  if [[ ${candidates[0]} == -[df] ]]; then
    compopt -o filenames
    if [[ $prefix ]]; then compopt -o nospace; fi
  fi
  mapfile -t COMPREPLY < <(compgen -P "$prefix" "${candidates[@]}" -- "$word")
}
complete -F _virtfs_shares virtfs-shares
