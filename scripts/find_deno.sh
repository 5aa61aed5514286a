# Read by the launcher. Sets $deno to the path of Deno:
# $DENO, else deno in $PATH, else one that npx has fetched before. Sets $libc to the
# path of the libc that it runs with, where deno.json does not grant that one; else
# to nothing. Calls fail() with a sentence for a person where it can't.

# Sets $deno to the program $1 of $PATH.
find_in_path() {
  deno=
  set -f
  IFS=:
  for directory in ${PATH:-}; do
    deno=${directory:-.}/$1
    if [ -f "$deno" ] && [ -x "$deno" ]; then break; fi
    deno=
  done
  unset IFS
  set +f
  [ -n "$deno" ]
}

# Whether all of these are the caller's own, and no symlinks: what somebody else
# can exchange is not run.
are_own() {
  for file do
    if [ ! -O "$file" ] || [ -L "$file" ]; then return 1; fi
  done
}

# Sets $rank to a number for version $1, to be compared; 0 for what is none.
rank_version() {
  rank=0
  case $1 in [0-9]*.[0-9]*.[0-9]*) ;; *) return 0 ;; esac
  major=${1%%.*} minor=${1#*.} patch=${1#*.*.}
  minor=${minor%%.*} patch=${patch%%[!0-9]*}
  case $major$minor$patch in *[!0-9]*) return 0 ;; esac
  rank=$((major * 1000000 + minor * 1000 + patch))
}
MINIMUM=2007000

# Sets $deno to the newest one that npx has fetched for the caller, if there is
# one. By the names of npm's files: npx itself may ask the network, which takes
# minutes where there is none.
find_fetched() {
  cache=${npm_config_cache:-${HOME:-}/.npm}
  newest=0
  deno=
  [ -O "${cache%/*}" ] && are_own "$cache" "$cache/_npx" || return 1
  for package in "$cache"/_npx/*/node_modules/deno; do
    modules=${package%/*} version=
    are_own "${modules%/*}" "$modules" "$package" "$package/deno" \
      "$package/package.json" && [ -x "$package/deno" ] || continue
    while read -r key value; do
      case $key in '"version":') version=${value#?} version=${version%%\"*}; break ;; esac
    done <"$package/package.json"
    rank_version "$version"
    if [ "$rank" -gt "$newest" ]; then newest=$rank deno=$package/deno; fi
  done
  [ "$newest" -ge "$MINIMUM" ]
}

remedy="set DENO to the path of Deno 2.7 or newer, or install it, as by npm install --global deno"
refuse() {
  fail "Cannot run $deno: $1; $remedy"
}

# Deno itself.
if [ -n "${DENO:-}" ]; then
  deno=$DENO
  case $deno in
    */*) ;;
    *) find_in_path "$DENO" || { deno=$DENO && refuse "there is no such program in PATH"; } ;;
  esac
elif ! find_in_path deno && ! find_fetched; then
  fail "Cannot find Deno: install Deno 2.7 or newer, as by npm install --global deno, or have npx fetch it for this user (npx --yes deno -V), or set DENO to its path"
fi
case $deno in /*) ;; *) deno=$PWD/$deno ;; esac
[ -e "$deno" ] || refuse "there is no such file"
[ ! -d "$deno" ] || refuse "it is a directory"
if [ ! -f "$deno" ] || [ ! -x "$deno" ]; then refuse "it is not executable"; fi

# Sets $program to $deno, or to what is behind it, if that is Deno and new
# enough; else ends. npm's `deno` is a Node script, and Node closes the socket
# that the helper is to inherit: such a script is asked for the Deno behind it.
examine() {
  program=$deno line=
  { IFS= read -r line <"$deno" || :; } 2>/dev/null
  case $line in
    "#!"*)
      said=$(npm_config_offline=true DENO_NO_UPDATE_CHECK=1 "$deno" eval -q \
        'console.log("deno " + Deno.version.deno + " " + Deno.execPath())' </dev/null 2>/dev/null) ||
        refuse "it is a script that fails when asked for its Deno (exit status $?)"
      program=${said#deno * }
      ;;
    *)
      said=$("$deno" -V </dev/null 2>/dev/null) ||
        refuse "it is not Deno, or does not run here (exit status $? of its -V)"
      ;;
  esac
  rank_version "${said#deno }"
  case $said in "deno "*) ;; *) rank=0 ;; esac
  [ "$rank" -gt 0 ] || refuse "it is not Deno"
  [ "$rank" -ge "$MINIMUM" ] || refuse "it is Deno $major.$minor.$patch, which is too old"
  case $program in /*) ;; *) refuse "it is a script that does not tell where its Deno is" ;; esac
  [ -x "$program" ] || refuse "it is a script, and the Deno behind it is not executable"
  find_libc
}

# Where deno.json grants libc.
usual_libc() {
  for place in /lib/x86_64-linux-gnu/libc.so.6 /lib/aarch64-linux-gnu/libc.so.6 \
    /lib64/libc.so.6 /usr/lib/libc.so.6; do
    [ -f "$place" ] && { [ -z "$1" ] || [ "$place" -ef "$1" ]; } && return 0
  done
  return 1
}

# Sets $libc to the path of the libc that $program runs with, where that is in none
# of the usual places (NixOS); else to nothing. It is the loader of glibc that says
# it (ld.so(8)), so whoever could put another file there has Deno run it anyway, and
# no second libc is ever loaded.
find_libc() {
  libc=
  while read -r file arrow place rest; do
    case $file$arrow$place in libc.so.6=\>/*,*) ;; libc.so.6=\>/*) libc=$place ;; esac
  done <<END
$(LD_TRACE_LOADED_OBJECTS=1 "$program" -V </dev/null 2>/dev/null)
END
  if [ -z "$libc" ]; then
    usual_libc "" || fail "Cannot find glibc: $program runs with another C library, as musl, and these programs need glibc's; run them with a Deno for glibc, in a container of Debian for example"
  elif usual_libc "$libc"; then
    libc=
  fi
}

# To ask costs a tenth of the start. So what has answered well is noted until the
# next boot, and not asked again while neither it nor its directory is newer. A
# script's answer may change although the script does not. Where the directory is
# somebody else's, who could have this write to any file, nothing is noted.
note=/dev/null known= libc=
for directory in "${XDG_RUNTIME_DIR:-}" /run; do
  if [ -O "$directory" ] && [ -w "$directory" ]; then note=$directory/virtfs-proxy-helper.deno; fi
done
if [ "$note" -nt "$deno" ] && [ "$note" -nt "${deno%/*}" ] && are_own "$note"; then
  { { IFS= read -r known && IFS= read -r libc; } <"$note" || :; } 2>/dev/null
fi
if [ "$known" != "$deno" ]; then
  examine
  if [ "$program" = "$deno" ] && [ "$note" != /dev/null ]; then
    (umask 077 && rm -f "$note" && set -C && printf '%s\n' "$deno" "$libc" >"$note") 2>/dev/null || :
  fi
  deno=$program
fi
