topic 'create, read, write, append, truncate'
run 'echo one > a; cat a; meta a'
run 'echo two >> a; cat a; meta a'
run 'printf XX | dd of=a bs=1 seek=1 conv=notrunc status=none; cat a'
refuse 'set -C; echo three > a'
run 'set -C; echo exclusive > exclusive; cat exclusive'
run ': > a; meta a'
run 'truncate -s 5000 a; meta a; sha256sum a'
run 'echo longer than three > a; truncate -s 3 a; cat a; echo'
run 'exec 3<> both; echo both ways >&3; cat both'
run 'echo still there > gone; exec 3< gone; rm gone; cat <&3; ls'
refuse 'cat nothing'
refuse 'cat < .. > a/b'

topic 'more than one message'
run 'dd if=/work/data of=big bs=700001 status=none; meta big; sha256sum big'
run 'dd if=big bs=4093 status=none | sha256sum'
run 'dd if=big bs=1048576 status=none | sha256sum'
run 'cmp big /work/data; dd if=big of=synced bs=300000 conv=fsync status=none; cmp big synced; rm synced'
run 'dd if=big of=part bs=1 skip=8180 count=60 status=none; sha256sum part'
run 'cp big copy; echo end >> copy; tail -c 20 copy | sha256sum; meta copy; rm copy'

topic 'holes and offsets past four GiB'
run 'echo far | dd of=far bs=1048576 seek=5000 conv=notrunc status=none; meta far'
run 'tail -c 4 far; truncate -s 4294967297 far; meta far; rm far'

topic 'several writers'
run 'for n in 1 2 3 4; do
  (for i in 0 1 2 3 4 5 6 7 8 9; do echo "$n $i" >> log; done) &
done; wait; meta log; sort log > sorted; rm log; sha256sum sorted'

topic 'run a program from the share'
run 'mkdir bin; cp /bin/busybox bin/; chmod 755 bin/busybox; ./bin/busybox echo it runs; rm -r bin'
run 'printf "#!/bin/sh\necho so does a script\n" > script; chmod 700 script; ./script'

topic 'the file system'
run 'stat -f -c "blocks of %s, names up to %l" .'
run 'df -k . | tail -n 1 | grep -c /mnt/share; sync'
