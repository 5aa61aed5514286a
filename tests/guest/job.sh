# The guest's job: the same work in the share with several msize, as root and
# as an ordinary user. What stands between the marks must be the same whoever
# serves the share, and on every run: no inode numbers, no times of day.
. /work/lib.sh
options=trans=virtio,version=9p2000.L,cache=none

# work MSIZE WHO: WHO handles a thousand files as well.
work() {
  echo "== msize $1"
  mount -t 9p -o "$options,msize=$1" share /mnt/share || echo UNEXPECTED mount
  grep /mnt/share /proc/mounts
  cd /mnt/share || echo UNEXPECTED cd
  mkdir "$1" && cd "$1" && mkdir root user && chown 1000:1000 user
  export WHO MANY="$2"
  WHO=root && (cd root && sh /work/everybody.sh && sh /work/root.sh)
  WHO=user && (cd user && su guest -c 'sh /work/everybody.sh && sh /work/user.sh')
  cd /
  umount /mnt/share || echo UNEXPECTED umount
}

echo '@@ begin'
work 8192 root
work 131072 nobody
work 512000 user

echo '== mounted once more'
mount -t 9p -o "$options" share /mnt/share
run 'cd /mnt/share; find . -type f -print0 | sort -z | xargs -0 sha256sum | tail -n 3'
echo '@@ end'

if [ "${BEYOND:-}" ]; then
  echo '@@ begin beyond'
  sh /work/beyond.sh
  echo '@@ end beyond'
fi
umount /mnt/share
