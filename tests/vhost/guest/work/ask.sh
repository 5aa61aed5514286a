# ask WHAT: has the host do something, and waits until it has. It says so by a
# file in the share.
ask() {
  echo "@@ ask $1"
  while [ ! -e "/mnt/share/done-$1" ]; do sleep 0.2; done
  rm "/mnt/share/done-$1"
}
