# Generated from the option table by `deno task generate`.

_virtfs_proxy_helper() {
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
  elif [[ $word =~ ^(-[nh]*[pfsug])(.+)$ ]]; then
    option=${BASH_REMATCH[1]} word=${BASH_REMATCH[2]} prefix=$option
  else
    option=$previous
  fi
  # Of letters in a row the last one may have a value.
  if [[ $option =~ ^-[nh]*([pfsug])$ ]]; then
    option=-${BASH_REMATCH[1]}
  fi
  case $option in
    -p | --path) candidates=(-d) ;;
    -f | --fd) return ;;
    -s | --socket) candidates=(-f) ;;
    -u | --uid) candidates=(-u) ;;
    -g | --gid) candidates=(-g) ;;
    --uid-map) return ;;
    --gid-map) return ;;
    --map-root) candidates=(-u) ;;
    --modcaps) return ;;
    --seccomp) candidates=(-W 'kill log errno trap none') ;;
    --poll-max-us) return ;;
    --metrics-file) candidates=(-f) ;;
    --metrics-interval) return ;;
    --pid-file) candidates=(-f) ;;
    --log-level) candidates=(-W 'error warning info debug') ;;
    --log-format) candidates=(-W 'text json') ;;
    --) return ;;
    *) candidates=(-W '-p --path -f --fd -s --socket -u --uid -g --gid -n --nodaemon --readonly --uid-map --gid-map --map-root --modcaps --no-devices --seccomp --print-sandbox --poll-max-us --metrics-file --metrics-interval --stats --pid-file --die-with-parent --log-level --log-format -h --help --version') ;;
  esac
  if [[ ${candidates[0]} == -[df] ]]; then
    compopt -o filenames
    if [[ $prefix ]]; then compopt -o nospace; fi
  fi
  mapfile -t COMPREPLY < <(compgen -P "$prefix" "${candidates[@]}" -- "$word")
}
complete -F _virtfs_proxy_helper virtfs-proxy-helper
