# The job of a guest that has only some ids: the same work on each file system
# of the share, on new files and on those that are there already.
. /work/lib.sh
echo 'stranger:x:70000:70000:stranger:/tmp:/bin/sh' >>/etc/passwd

# as USER COMMAND: the same as run or refuse, but as somebody else.
as() { echo "su $1 -c '$2'"; }

work() {
  topic 'new files'
  run 'echo x > file; mkdir dir; ln -s file link; mknod fifo p; meta file dir link fifo'
  run 'mkdir -m 1777 all; meta all'
  run "$(as guest 'cd all; echo x > theirs; mkdir sub; ln -s x sym; chmod 600 theirs')"
  run 'meta all/theirs all/sub all/sym'
  run 'echo x > given; chown 1000:1000 given; chown -h 5:6 link; meta given link file'
  run 'echo x > suid; chmod 6755 suid; echo x > suid-given; chown 1000:5 suid-given; chmod 4711 suid-given'
  run 'meta suid suid-given; chown 7:7 suid-given; meta suid-given'
  run "$(as guest 'chmod 4755 all/theirs')"
  refuse "$(as guest 'rm file')"
  refuse "$(as guest 'chown 0 all/theirs')"
  refuse "$(as guest 'echo y > file')"

  topic 'ids that are not there'
  refuse 'chown 70000 file'
  refuse 'chgrp 70000 file'
  refuse "$(as stranger 'echo x > all/none')"
  refuse "$(as stranger 'mkdir all/none')"
  refuse 'mknod null c 1 3'
  refuse 'mknod disk b 8 0'

  topic 'what was there'
  run 'meta old old/deep old/deep/file old/deep/link old/root'
  run 'cat old/deep/file; echo more >> old/deep/file; mv old/deep/file old/deep/moved; ln old/deep/moved old/hard'
  run "$(as guest 'cat old/deep/moved; echo theirs >> old/deep/moved; rm old/deep/link')"
  strangers
}

# Files of the host's root in a directory of the guest's.
strangers() {
  run 'meta strange/open strange/closed; cat strange/open'
  refuse 'cat strange/closed'
  refuse 'echo x >> strange/open'
  refuse 'chown 0:0 strange/open'
  refuse 'chown 0:0 strange/closed'
  refuse 'chmod 666 strange/closed'
  refuse 'rm -f strange/closed'
  refuse 'mv strange/closed taken'
  refuse 'ln strange/closed taken'
  refuse 'touch -d @1 strange/open'
}

# The same for a guest that has no user but root.
alone() {
  topic 'nobody but root'
  run 'echo x > file; mkdir dir; meta file dir'
  run 'cat old/root; echo more >> old/root; meta old/root'
  refuse 'chown 1 file'
  refuse 'chgrp 1 file'
  run 'chmod 4755 file; meta file; mkdir -m 1777 all'
  refuse "$(as guest 'echo x > all/none')"
  run "$(as guest 'cat file')"
  strangers
}

echo '@@ begin'
mount -t 9p -o trans=virtio,version=9p2000.L,cache=none share /mnt/share || echo UNEXPECTED mount
for directory in /mnt/share/*; do
  cd "$directory" || echo UNEXPECTED cd
  WHO=${directory##*/}
  if [ "$WHO" = alone ]; then alone; else work; fi
done
cd /
umount /mnt/share || echo UNEXPECTED umount
echo '@@ end'
