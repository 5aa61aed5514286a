#!/bin/busybox sh
# The guest's first process: makes a system of the archive, runs /job, and
# turns the machine off.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
# What the kernel says must not come between the lines that are read.
dmesg -n 1
hostname guest
while read -r module; do
  insmod "/modules/$module" || echo "cannot load $module"
done </etc/modules

# A session and a terminal of its own, so that Ctrl-C reaches what runs in it. What
# is still to be printed when the session ends, the kernel throws away; stty waits.
setsid cttyhack sh -c 'sh /job; stty echo'
poweroff -f
