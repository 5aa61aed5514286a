# What only root can do.
. /work/lib.sh

topic 'owners'
run 'echo x > owned; chown 1000:100 owned; meta owned'
run 'chown 5 owned; meta owned; chgrp 6 owned; meta owned'
run 'chown 4000000000:4000000001 owned; meta owned'
run 'chmod 6755 owned; chown 7:7 owned; meta owned'
run 'mkdir -p owns/below; chown -R 1000:1000 owns; meta owns owns/below'
run 'ln -s owned to-owned; chown -h 8:9 to-owned; meta to-owned owned'
run 'chown 10:11 to-owned; meta to-owned owned'
run 'echo secret > secret; chmod 0 secret; cat secret; echo more >> secret; meta secret'
run 'mkdir sticky; chmod 1777 sticky; echo root > sticky/file; chmod 666 sticky/file'
refuse 'chown 1:1 none'

topic 'devices'
run 'mknod null c 1 3; mknod zero c 1 5; mknod disk b 259 1048575; meta null zero disk'
run 'echo x > null; head -c 4 zero | sha256sum; chmod 600 disk; chown 3:4 disk; meta disk'
refuse 'mknod null c 1 3'
run 'mknod -m 600 named p; meta named; rm zero; ls zero 2>&1 || true'

topic 'attributes that are not for the guest'
refuse 'setfattr -n trusted.of -v root owned'
refuse 'setfattr -n security.capability -v 0x0100000200040000000000000000000000000000 owned'
