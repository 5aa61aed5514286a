# What ends the original's service, and must not end this one: files of root
# with a group that is not root's, then files of a user.
. /work/lib.sh
WHO=root
cd /mnt/share || echo UNEXPECTED cd
run 'mkdir beyond; chgrp 1000 beyond; chmod 2777 beyond'
run 'cd beyond; echo x > file; mkdir dir; ln -s x link; mkfifo fifo; meta *'
run 'cd beyond; su guest -c "echo x > user; mkdir users; ln -s x users/link"; ls -ln users | cut -c 1-10 | tail -n 1'
run 'cd beyond; echo again > root; chown 5:6 root; meta root user users'
# As the original: a device is for root alone.
refuse 'cd beyond; mknod device c 1 3'
