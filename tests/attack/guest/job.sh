# What root of a guest tries to get out of the share. $SECRETS is the host's path
# of what it must not reach, $DISK (major:minor) the host's disk. Each attempt
# says what stopped it; one that got somewhere says REACHED.
share=/mnt/share
major=${DISK%:*} minor=${DISK#*:}

# try WHAT COMMAND: the command has to fail.
try() {
  if said=$(eval "$2" 2>&1); then
    echo "REACHED $1: $said"
  else
    said=$(echo "$said" | tail -n 1)
    echo "tried $1: stopped by \"${said##*: }\""
  fi
}

# must COMMAND: what is the guest's right.
must() {
  said=$(eval "$1" 2>&1) || echo "UNEXPECTED failure of $1: $said"
}

echo '@@ begin'
must "mount -t 9p -o trans=virtio,version=9p2000.L,cache=none,msize=131072 share $share"
cd $share || echo UNEXPECTED cd

must "mknod disk b $major $minor; mknod raw c $major $minor"
try "to read the host's disk by a device node" 'head -c 512 disk'
try "to write it" 'echo x > disk'
try "to mount it" 'mount -t ext4 disk /tmp'
try "the same number as a character device" 'head -c 512 raw'
try "a device node that the host has left" 'head -c 512 theirs'

must "ln -s $SECRETS/file absolute; ln -s ../secrets/file relative; ln -s $SECRETS up"
must "ln -s ../../../../../../../../../..$SECRETS/file climbing"
must "ln -s /proc/1/root$SECRETS/file process; ln -s /etc/shadow shadow"
for link in absolute relative climbing process shadow up/file; do
  try "to read by the symlink $link" "cat $link"
  # /etc/shadow would be made: the guest's own.
  [ $link = shadow ] || try "to write by the symlink $link" "echo x >> $link"
done
try "a symlink that the host has left" 'cat out/file'
try "to read by .." "cat ../secrets/file ../../$SECRETS/file"
try "to read by .. below a directory" "cat swap/../../secrets/file"
try "to make a directory by .." "mkdir $share/../secrets/new"
try "a hard link to a file of the host" "ln $SECRETS/file hard"
try "a hard link into the share from elsewhere" 'ln /etc/passwd hard'

must 'mkdir setuid; cp /bin/busybox setuid; chmod 6755 setuid/busybox; setuid/busybox true'
echo "tried to make a setuid-root file: NOT stopped: it is root's of the guest, and setuid on the host where the export's own mount is not nosuid"

made=0
byte=1
while [ $byte -le 255 ]; do
  name=$(printf "\\$(printf %03o $byte)x")
  # The shell takes a newline away, the slash is none.
  if [ $byte != 47 ]; then
    echo $byte > "bytes/$name" && made=$((made + 1))
  fi
  byte=$((byte + 1))
done
[ $made = 254 ] || echo "UNEXPECTED $made names"
must '[ $(find bytes -type f | wc -c) -gt 2000 ]; rm -r bytes'
echo "tried names of every byte: stopped by nothing to stop, each is a name"
must "touch $(printf %0255d 0)"
try "a name of 256 bytes" "touch $(printf %0256d 0)"
must "rm $(printf %0255d 0)"
deep=$(printf %0200d 0)
(
  level=0
  while [ $level -lt 40 ] && mkdir $deep 2>/dev/null && cd $deep 2>/dev/null; do
    level=$((level + 1))
  done
  echo "tried 40 directories of 200 bytes below each other: stopped by the length of a path, if at all ($level were made)"
)
must "ls $deep >/dev/null"

touch attributes
for name in trusted.a trusted.overlay.redirect security.ima security.a; do
  try "the attribute $name" "setfattr -n $name -v x attributes"
done
try "file capabilities" 'setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 attributes'

must 'mkfifo fifo; (echo through > fifo &); [ "$(cat fifo)" = through ]'
# Not jobs of this shell, which would tell of their end.
reader=$(sh -c 'cat fifo' >/dev/null 2>&1 & echo $!)
writer=$(sh -c 'echo x > theirs-fifo' >/dev/null 2>&1 & echo $!)
must 'ls -l fifo theirs-fifo'
echo "tried to hang the share by FIFOs that nobody opens: stopped by the guest's own kernel, which asks the host for none"

inside=0 nothing=0 round=0
while [ $round -lt 300 ]; do
  for path in swap/device swap/link swap/directory/file swap/climb/../../secrets/file; do
    said=$(cat "$path" 2>/dev/null)
    case $said in
      'for the guest!') inside=$((inside + 1)) ;;
      '') nothing=$((nothing + 1)) ;;
      *) echo "REACHED $path: $said" ;;
    esac
  done
  round=$((round + 1))
done
[ $inside -gt 0 ] && [ $nothing -gt 0 ] || echo "UNEXPECTED: no race, $inside and $nothing"
echo "tried 1200 reads of files that the host exchanges for a device and for symlinks, and of a directory that it moves out of the export: stopped by the jail ($inside were the guest's, $nothing nothing)"

must 'echo alive > alive; [ "$(cat alive)" = alive ]'
must "kill $reader $writer"
cd /
must "umount -l $share"
echo '@@ end'
