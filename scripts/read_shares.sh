# Read by virtfs-shares: who may change a file of shares, and what it says.
#
# for_each() reads $file, calls what it is given for each share that is asked for by
# $wanted, or for all, and notes them in $found. It calls fail(), and complain() for a
# line with a fault, which is then in $said.
# shellcheck shell=sh disable=SC2015,SC2034,SC2086,SC2154,SC2317

tab=$(printf '\t')

# Prints, as namei(1) does, what of the path $1 others than root and the caller may
# change: the file, each directory on the way, and those of symlinks.
print_others() {
  caller=$(id -un 2>/dev/null) || :
  namei -l -- "$1" | while IFS= read -r line; do
    # The path itself, and what does not exist.
    case $line in 'f: '* | ' '*) continue ;; esac
    owner=${line#* } owner=${owner%% *}
    case $owner in root | "$caller") owner= ;; esac
    # In a sticky directory others change what is theirs alone.
    case $owner:$line in
      :l* | :d????????[tT]* | :?????[!w]??[!w]*) ;;
      *) printf '%s\n' "$line" ;;
    esac
  done
}

# Sets $escaped to $1 as it stands between double quotes: of a shell, of systemd.
escape() {
  escaped='' left=$1
  while :; do
    plain=${left%%[\\\"\$\`]*}
    escaped=$escaped$plain left=${left#"$plain"}
    [ -n "$left" ] || return 0
    escaped=$escaped\\${left%"${left#?}"} left=${left#?}
  done
}

# Sets $joined to $@, as a shell or systemd would split it.
join() {
  joined=''
  for word do
    case $word in
      *[!A-Za-z0-9_./:=,@%+-]* | '') escape "$word" && word=\"$escaped\" ;;
    esac
    joined="$joined${joined:+ }$word"
  done
}

# Says what is wrong with a line, once: no fault of others that were asked for.
wrong() {
  case $said in *" $number "*) return 0 ;; esac
  said="$said$number " before=$failed
  complain "$file:$number: $1"
  [ -z "$wanted" ] || failed=$before
}

# Splits $1 as a shell does, and calls read_share with the words.
parse_line() {
  left=$1
  set --
  while :; do
    left=${left#"${left%%[! "$tab"]*}"}
    case $left in '' | '#'*) break ;; esac
    word=''
    while :; do
      plain=${left%%[ "$tab"\"\'\\]*}
      word=$word$plain left=${left#"$plain"}
      case $left in
        \'*\'*) left=${left#?} && word=$word${left%%\'*} left=${left#*\'} ;;
        \'*) wrong "a ' is not closed" && return ;;
        \"*) left=${left#?} && parse_quoted || return 0 ;;
        \\?*) left=${left#?} && word=$word${left%"${left#?}"} left=${left#?} ;;
        \\) wrong 'nothing follows the last \; a share is one line' && return ;;
        *) break ;;
      esac
    done
    set -- "$@" "$word"
  done
  [ $# -eq 0 ] || read_share "$@"
}

# Moves what is inside of "…" from $left to $word.
parse_quoted() {
  while :; do
    plain=${left%%[\"\\]*}
    word=$word$plain left=${left#"$plain"}
    case $left in
      \"*) left=${left#?} && return ;;
      \\[\"\\\$\`]*) left=${left#?} && word=$word${left%"${left#?}"} left=${left#?} ;;
      \\*) word=$word\\ left=${left#?} ;;
      *) wrong 'a " is not closed' && return 1 ;;
    esac
  done
}

# Whether option $2 of program $1 is the unit's: what is shared, and to whom.
is_taken() {
  case $1:$2 in
    # Long ones may be cut short; all that are one letter are taken.
    proxy:-[!-]* | proxy:--p | proxy:--pa* | proxy:--s | proxy:--so* | proxy:--f*) ;;
    vhost:--shared-dir* | vhost:--socket* | vhost:--fd* | vhost:*source=*) ;;
    *) return 1 ;;
  esac
}

# Checks a share, and calls $each with its options if it is wanted. Then $name,
# $program (proxy or vhost) and $directory are set.
read_share() {
  [ $# -ge 3 ] || { wrong "give NAME, PROGRAM and DIRECTORY" && return; }
  # With its directory the path of a socket has 107 bytes at most.
  case ${#1}:$1 in
    *:[!A-Za-z0-9]* | *:*[!A-Za-z0-9:_.-]* | *: | 8[1-9]:* | 9?:* | ???*:*)
      wrong "a share can't be called \"$1\": take up to 80 letters, digits and :_.- and begin with a letter or a digit" && return ;;
  esac
  case $known in
    *" $1/"*) first=${known#*" $1/"} && wrong "$1 stands in line ${first%% *} already" && return ;;
  esac
  known="$known$1/$number "
  case $2:$3 in
    proxy:/* | vhost:/*) ;;
    proxy:* | vhost:*) wrong "$1 can't be \"$3\": give an absolute path" && return ;;
    *) wrong "$1 can't be served by \"$2\": give proxy (9p) or vhost (virtiofs)" && return ;;
  esac
  name=$1 program=$2 directory=$3
  shift 3
  for option do
    ! is_taken $program "$option" ||
      { wrong "$name can't have the option $option: the directory, the socket and how the program runs are not up to options" && return; }
  done
  do_wanted "$each" "$@"
}

# Calls $@ if share $name was asked for.
do_wanted() {
  case ${wanted:-" $name "} in *" $name "*) found="$found$name " && "$@" ;; esac
}

# Ends the program where $file can't be read.
check_file() {
  if [ ! -e "$file" ]; then
    fail "Cannot read $file: there is no such file, or no permission to see it; write it, or name another one by --file"
  fi
  [ -f "$file" ] || fail "Cannot read $file: it is no regular file; name another one by --file"
  [ -r "$file" ] || fail "Cannot read $file: no permission; try it as root, or name another one by --file"
}

# Calls $1 for each share that is wanted, see read_share. A line with a fault is
# said, and left out.
for_each() {
  each=$1 known=' ' found=' ' number=0
  check_file
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    if is_text "$line"; then parse_line "$line"; fi
  done <"$file"
}

# Whether systemd can read a line, too; most are plain ASCII.
is_text() {
  case $1 in *[!\ -~"$tab"]*) ;; *) return 0 ;; esac
  printf %s "$1" | iconv -f UTF-8 -t UTF-8 >/dev/null 2>&1 || [ $? -eq 127 ] ||
    { wrong "it is not UTF-8" && return 1; }
  [ "$(printf %s "$1" | tr -d '\000-\010\013-\037\177')" = "$1" ] ||
    { wrong "there is a control character (a line end of Windows?)" && return 1; }
}
