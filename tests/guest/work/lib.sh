# show SIGN COMMAND: some commands are longer than what they test.
show() { printf '%s %.300s\n' "$1" "$2"; }

# run COMMAND: shows it and what it prints; every part of it has to succeed.
run() {
  show '$' "$1"
  # Not in a condition: there the shell ignores -e.
  (set -e; eval "$1") </dev/null 2>&1
  [ $? = 0 ] || echo "UNEXPECTED failure"
}

# refuse COMMAND: the same, but it has to fail.
refuse() {
  show '!' "$1"
  if (eval "$1") </dev/null 2>&1; then echo "UNEXPECTED success"; fi
}

# meta FILE...: what of its metadata is the same on every run.
meta() {
  local file
  for file; do
    case $(stat -c %F "$file") in
      directory) stat -c '%n: %F %a %u:%g' "$file" ;;
      'symbolic link') stat -c '%N: %u:%g, %s long' "$file" ;;
      *'special file') stat -c '%n: %F %a %u:%g, device %t:%T' "$file" ;;
      *) stat -c '%n: %F %a %u:%g, %s bytes, %h links' "$file" ;;
    esac
  done
}

topic() { echo "-- $WHO: $1"; }

# Every part brings its own mask.
umask 022
