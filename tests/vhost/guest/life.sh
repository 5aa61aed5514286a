# A guest that is reset three times and reboots once, each time while it works,
# and then works in two shares while it is paused and gets more memory. How often
# it has booted stands in the share.
. /work/lib.sh
. /work/ask.sh
WHO=root

mount -t virtiofs share /mnt/share || echo UNEXPECTED mount
cd /mnt/share || echo UNEXPECTED cd
boot=$(($(cat boots 2>/dev/null || echo 0) + 1))
echo $boot > boots

# worker DIRECTORY: makes, writes, renames, reads and removes, until /tmp/stop is
# there. Once the guest reboots, Linux may take the device from it in the middle
# of a step, which is EIO then.
worker() {
  mkdir "$1" && cd "$1" || echo UNEXPECTED worker
  n=0
  while [ ! -e /tmp/stop ]; do
    n=$((n + 1))
    mkdir d && echo $n > d/new && mv d/new last && rmdir d ||
      [ -e /tmp/reboots ] || echo UNEXPECTED step $n
    echo "$(cat last)" >> log
  done
  seq $n | cmp - log && echo "worker: done" || echo UNEXPECTED log
}

echo "@@ begin boot $boot"
ask mounted-$boot
for earlier in 1 2 3 4; do
  [ $earlier -ge $boot ] || run "cat kept-$earlier"
done
echo "of boot $boot" > kept-$boot
if [ $boot -lt 5 ]; then
  # Files that are open at the end, with names and without.
  mkdir -p held
  perl -e 'for (1 .. 300) {
    open(my $file, ">", "held/$_") or die "held/$_: $!\n";
    unlink "held/$_" if $_ % 2;
    push @held, $file;
  }
  print "held: ", scalar @held, "\n";
  open(my $ready, ">", "/tmp/held"); sleep 10 while 1' &
  worker work-$boot &
  while [ ! -s work-$boot/log ] || [ ! -e /tmp/held ]; do sleep 0.1; done
  echo "@@ end boot $boot"
  if [ $boot -eq 4 ]; then
    touch /tmp/reboots
    reboot -f
  fi
  wait
fi
run 'ls held | wc -l; rm -r held'
echo "@@ end boot $boot"

echo '@@ begin two shares'
mkdir /mnt/second
mount -t virtiofs second /mnt/second || echo UNEXPECTED mount
run 'cat from-the-host /mnt/second/from-the-host'
mkdir files /mnt/second/files
run 'tar xf /work/files.tar -C /tmp; cp -r "/tmp/files/part 1" files/; cp -r "/tmp/files/part 2" /mnt/second/files/'
run '(cp -r "files/part 1" /mnt/second/files/) & cp -r "/mnt/second/files/part 2" files/; wait
  diff -r files /mnt/second/files; find files | wc -l; rm -r files; mv /mnt/second/files .; find files | wc -l'
(worker /mnt/share/one) &
(worker /mnt/second/two) &
(worker /mnt/second/three) &
while [ ! -s one/log ] || [ ! -s /mnt/second/two/log ] || [ ! -s /mnt/second/three/log ]; do sleep 0.1; done

total() { sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo; }
# What lies above 4 GiB is a zone of its own, which is used first.
above() { awk '/^Node 0, zone/ { zone = $4 } /pages free/ && zone == "Normal" { print $3 }' /proc/zoneinfo; }
before=$(total)
[ -z "$(above)" ] || [ "$(above)" = 0 ] || echo "UNEXPECTED memory: $(above) pages"
ask plug
blocks=0
while [ $blocks -lt $((PLUGGED / 128)) ]; do
  for state in /sys/devices/system/memory/memory*/state; do
    [ "$(cat $state)" != offline ] || echo online > $state
  done
  blocks=$((($(total) - before + 1024) / 1024 / 128))
  sleep 0.1
done
free=$(above)
run 'dd if=/mnt/second/large of=large bs=1M 2>/dev/null; sha256sum large'
[ $((free - $(above))) -gt 8192 ] || echo "UNEXPECTED: the new memory is not used, $free pages are free, then $(above)"
echo "plugged: $blocks blocks"

ask pause
touch /tmp/stop
wait
cd /
run 'umount /mnt/second; umount /mnt/share'
echo '@@ end two shares'
