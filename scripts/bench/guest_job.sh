# What the guest does in the share, between marks that the host sees at once:
# unpacks 2,000 files, looks at all of them, adds them to a git repository, and
# removes everything.
options=trans=virtio,version=9p2000.L,cache=none,msize=512000

# The archive is made in memory, where no helper is asked.
mkdir /tmp/make && cd /tmp/make
n=0
while [ $n -lt ${FILES:-2000} ]; do
  directory=tree/part-$((n / 400))/group-$((n / 40))
  [ $((n % 40)) -ne 0 ] || mkdir -p $directory
  m=0
  while [ $m -lt 20 ]; do
    echo "/* file $n, line $m, of two thousand like it */"
    m=$((m + 1))
  done >$directory/file-$n.c
  n=$((n + 1))
done
tar cf /tmp/tree.tar tree

mount -t 9p -o "$options" share /mnt/share || echo "@@ failed mount"
cd /mnt/share
git config --global user.name guest
git config --global user.email guest@example.org

phase() {
  name=$1
  shift
  echo "@@ begin $name"
  "$@" >/tmp/output 2>&1 || { echo "@@ failed $name"; cat /tmp/output; }
  echo "@@ end $name"
}

phase untar tar xf /tmp/tree.tar
phase find find tree -size +1000
git init -q tree || echo "@@ failed git init"
phase 'git add' git -C tree add .
phase rm rm -rf tree
cd /
umount /mnt/share
