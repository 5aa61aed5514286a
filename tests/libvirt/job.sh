# The guest's job: work in each share that SHARES names, by commas, and wait to
# be turned off.
work() {
  place=/media/$1
  mkdir -p "$place"
  # By the document's own command, which /mount has.
  if [ "$1" = share ]; then place=/mnt && sh /mount; else mount -t virtiofs "$1" "$place"; fi
  cd "$place" && grep -q " $place virtiofs " /proc/mounts || { echo "UNEXPECTED: $1 is not mounted"; return; }
  echo "given: $(cat given)"
  echo "times: $(ls | grep -c '^boot')"
  boot=boot-$(($(ls | grep -c '^boot') + 1))
  if ! mkdir "$boot" 2>/dev/null; then echo "read-only"; return; fi
  cd "$boot"
  dd if=/dev/urandom of=large bs=64k count=64 2>/dev/null
  sha256sum large >sums
  mkdir directory && mv large directory/moved && ln -s directory link
  ln directory/moved directory/second
  sed 's|large|link/second|' sums | sha256sum -c
  chmod 640 directory/second && chown 1000:100 directory/second
  stat -c 'owner: %u:%g %a %h' directory/moved
  setfattr -n user.name -v value directory 2>&1 | sed 's/^/setfattr: /'
  getfattr --only-values -n user.name directory 2>/dev/null && echo
  su guest -c 'cat sums' >/dev/null && echo "others may read"
  touch done
  sync
}
for share in $(echo "$SHARES" | tr ',' ' '); do
  echo "@@ begin $share"
  (work "$share") 2>&1
  echo "@@ end $share"
done
echo '@@ all done'
# PLUGGED is a share that comes later.
if [ "${PLUGGED:-}" ]; then
  tries=600
  until mkdir -p "/media/$PLUGGED" && mount -t virtiofs "$PLUGGED" "/media/$PLUGGED" 2>/dev/null; do
    tries=$((tries - 1)); [ $tries -gt 0 ] || break
    sleep 0.1
  done
  echo "@@ plugged $(cat "/media/$PLUGGED/given")"
  umount "/media/$PLUGGED"
  echo "@@ unmounted"
fi
while sleep 1; do :; done
