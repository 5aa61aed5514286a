# The guest's job: what the guests of the proxy driver do, as root and as an
# ordinary user, and what a share by virtiofs has besides.
. /work/lib.sh

echo '@@ begin'
mount -t virtiofs share /mnt/share || echo UNEXPECTED mount
grep /mnt/share /proc/mounts
cd /mnt/share || echo UNEXPECTED cd
run 'cat from-the-host; ls -l from-the-host | cut -c 1-10'
mkdir 8192 && cd 8192 && mkdir root user && chown 1000:1000 user
export WHO MANY=user VIRTIOFS=yes
WHO=root && (cd root && sh /work/everybody.sh && sh /work/root.sh)
WHO=user && (cd user && su guest -c 'sh /work/everybody.sh && sh /work/user.sh')
cd /mnt/share

WHO=root
topic 'once more'
cd / && umount /mnt/share || echo UNEXPECTED umount
mount -t virtiofs share /mnt/share || echo UNEXPECTED mount
cd /mnt/share
run 'find 8192 -type f -print0 | sort -z | xargs -0 sha256sum | tail -n 1 | cut -c 1-8 | wc -l'

topic 'space'
run 'df . | tail -n 1 | wc -l'
run 'dd if=/dev/zero of=sparse bs=1 count=1 seek=10485759 2>/dev/null; stat -c "%s" sparse; rm sparse'
run 'fallocate -l 65536 allocated; stat -c "%s %b" allocated; rm allocated'

topic 'a file that is open and has no name'
run 'echo x > gone; exec 3<gone; rm gone; cat <&3; exec 3<&-'

topic 'large reads and writes'
run 'dd if=/work/data of=big bs=1M 2>/dev/null; cmp /work/data big; echo 3 > /proc/sys/vm/drop_caches; cmp /work/data big; rm big'
cd / && umount /mnt/share || echo UNEXPECTED umount
echo '@@ end'
