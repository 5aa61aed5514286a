# What a share by virtiofs has that one by 9p has not; in an empty directory.
. /work/lib.sh
. /work/ask.sh

topic 'mapped memory'
run 'truncate -s 8192 mapped; perl /work/mmap.pl mapped "by the guest"; perl /work/mmap.pl mapped'
# The host looks, and writes there.
ask mapped
run 'perl /work/mmap.pl mapped'
run 'perl /work/mmap.pl mapped "guest again!"; tail -c 4102 mapped | head -c 12; echo'
run 'mkdir bin; cp /bin/busybox bin; ./bin/busybox echo it runs; rm -r bin'

topic 'no name'
run 'mkdir unnamed; perl /work/tmpfile.pl unnamed named; cat named; stat -c "%a %h" named; ls unnamed | wc -l'

topic 'locks'
run 'echo x > locked; perl /work/locks.pl locked'

topic 'ACL'
# u::rwx u:1000:rwx g::--- m::rwx o::---
acl=0x0200000001000700ffffffff02000700e803000004000000ffffffff10000700ffffffff20000000ffffffff
run 'echo secret > entered; setfattr -n system.posix_acl_access -v $acl entered; stat -c %a entered'
run 'su guest -c "cat entered; echo more >> entered"; tail -n 1 entered'
run 'mkdir inherits; setfattr -n system.posix_acl_default -v $acl inherits; (umask 077; echo > inherits/file; mkdir inherits/directory); stat -c "%a %n" inherits/*'
run 'chmod 600 entered; getfattr -n system.posix_acl_access -e hex entered | grep ='
refuse 'su guest -c "cat entered"'

topic 'overlay'
overlay() {
  mount -t overlay -o "lowerdir=/tmp/lower,upperdir=$PWD/upper,workdir=$PWD/work,userxattr" none /tmp/over
}
mkdir -p upper work /tmp/lower/directory /tmp/over
for name in kept changed removed directory/1 directory/2; do echo below > /tmp/lower/$name; done
run 'overlay; cd /tmp/over; cat kept; echo above >> changed; cat changed; rm removed; ls -1; chmod 600 changed'
run 'cd /tmp/over; rm -r directory; mkdir directory; echo new > directory/3; ls -1 directory; mv kept moved; cat moved'
run 'cd /tmp/over; mkdir made; ln -s made link; mkfifo pipe; ln moved moved2; mv made made2; find . | sort'
run 'umount /tmp/over; overlay; (cd /tmp/over; find . | sort; cat changed moved directory/3); umount /tmp/over; rm -r work'

topic 'git'
export GIT_PAGER=cat GIT_AUTHOR_NAME=guest GIT_AUTHOR_EMAIL=guest@localhost GIT_AUTHOR_DATE=@1000000000
export GIT_COMMITTER_NAME=guest GIT_COMMITTER_EMAIL=guest@localhost GIT_COMMITTER_DATE=@1000000000
ln -sf git /bin/git-upload-pack
parts() { tar xf /work/files.tar "files/part 1" "files/part 2" "files/part 3"; }
run 'git init -q --template= -b main repository; cd repository; parts; git add .; git commit -q -m first; git status --short'
run 'git clone -q --template= repository clone; cd clone; git fsck --full --strict 2>/dev/null; git ls-files | wc -l'
run 'cd clone; git rm -qr "files/part 1"; echo changed > "files/part 2/file-0050"; git commit -qam second; git status --short'
run 'cd repository; git pull -q ../clone main; git status --short; git log --format=%s; git gc -q; git fsck --full 2>/dev/null; git count-objects'
run 'test "$(git -C repository rev-parse HEAD)" = "$(git -C clone rev-parse HEAD)"; git -C repository ls-files | wc -l'

topic 'SQLite'
# Ten transactions of writer $1.
transactions() {
  for n in 1 2 3 4 5 6 7 8 9 10; do
    echo "insert into numbers values ($1, $n);"
  done | sqlite3 -cmd '.timeout 60000' data.db
}
# One that is not finished when others look.
unfinished() {
  (echo 'begin; insert into numbers values (3, 1);'; until [ -e looked ]; do sleep 0.1; done; echo 'rollback;') |
    sqlite3 data.db
}
run 'sqlite3 data.db "pragma journal_mode=wal; create table numbers (writer, n);"'
run 'transactions 1 & transactions 2 & wait; sqlite3 data.db "pragma integrity_check; select count(*), sum(n) from numbers;"'
run 'unfinished & sleep 1; ls -1 data.db-*; sqlite3 data.db "select count(*) from numbers;"; touch looked; wait'
run 'sqlite3 data.db "pragma wal_checkpoint(truncate); vacuum; pragma integrity_check;"; ls -1 data.db*'

topic 'space'
run 'df . | tail -n 1 | wc -l; fallocate -l 65536 allocated; stat -c "%s %b" allocated'

topic 'large'
run 'dd if=/work/data of=big bs=1M 2>/dev/null; cmp /work/data big; echo 3 > /proc/sys/vm/drop_caches; cmp /work/data big'

topic 'many'
run 'mkdir many; cd many; perl /work/files.pl $FILES; cd ..; rmdir many'
