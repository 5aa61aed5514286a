# Generated from the option table by `deno task generate`.

_virtfs_vhost_helper() {
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
  elif [[ $word =~ ^(-[Vhdf]*[o])(.+)$ ]]; then
    option=${BASH_REMATCH[1]} word=${BASH_REMATCH[2]} prefix=$option
  else
    option=$previous
    # The value of these is in the same argument, or nowhere.
    case $option in --posix-acl | --security-label | --inode-file-handles) option= ;; esac
  fi
  # Of letters in a row the last one may have a value.
  if [[ $option =~ ^-[Vhdf]*([o])$ ]]; then
    option=-${BASH_REMATCH[1]}
  fi
  case $option in
    --shared-dir) candidates=(-d) ;;
    --fd) return ;;
    --socket-path) candidates=(-f) ;;
    --socket) candidates=(-f) ;;
    --socket-group) candidates=(-g) ;;
    --tag) return ;;
    --thread-pool-size) return ;;
    --posix-acl) candidates=(-W 'never auto always') ;;
    --security-label) candidates=(-W 'never auto always') ;;
    --xattrmap) return ;;
    --sandbox) candidates=(-W 'namespace chroot none') ;;
    --seccomp) candidates=(-W 'kill log errno trap none') ;;
    --inode-file-handles) candidates=(-W 'never prefer fallback mandatory') ;;
    --cache) candidates=(-W 'auto always never metadata') ;;
    --modcaps) return ;;
    --log-level) candidates=(-W 'off error warn info debug trace') ;;
    --rlimit-nofile) return ;;
    --uid-map) return ;;
    --gid-map) return ;;
    --translate-uid) return ;;
    --translate-gid) return ;;
    --migration-mode) candidates=(-W 'find-paths file-handles') ;;
    --migration-on-error) candidates=(-W 'abort guest-error') ;;
    -o) return ;;
    --map-uid) return ;;
    --map-gid) return ;;
    --map-root) candidates=(-u) ;;
    --poll-max-us) return ;;
    --metrics-file) candidates=(-f) ;;
    --metrics-interval) return ;;
    --log-format) candidates=(-W 'text json') ;;
    --) return ;;
    *) candidates=(-W '--shared-dir --fd --socket-path --socket --socket-group --tag --thread-pool-size --xattr --posix-acl --security-label --xattrmap --sandbox --seccomp --announce-submounts --no-announce-submounts --inode-file-handles --cache --allow-mmap --no-readdirplus --writeback --allow-direct-io --print-capabilities -V --version -h --help --modcaps --log-level --syslog --rlimit-nofile --killpriv-v2 --no-killpriv-v2 --uid-map --gid-map --translate-uid --translate-gid --readonly --preserve-noatime --migration-mode --migration-on-error --migration-verify-handles --migration-confirm-paths -d -f -o --map-uid --map-gid --map-root --reconnect --poll-max-us --print-sandbox --metrics-file --metrics-interval --stats --die-with-parent --log-format') ;;
  esac
  if [[ ${candidates[0]} == -[df] ]]; then
    compopt -o filenames
    if [[ $prefix ]]; then compopt -o nospace; fi
  fi
  mapfile -t COMPREPLY < <(compgen -P "$prefix" "${candidates[@]}" -- "$word")
}
complete -F _virtfs_vhost_helper virtfs-vhost-helper
