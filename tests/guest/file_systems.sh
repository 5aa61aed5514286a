# The job on a share with two more file systems in it, v1 and v2, which have the
# same files as the first. A guest knows a file by its inode number, and so do
# GNU's programs: tar and cp go by it for hard links, cmp for a file and itself.

# part NAME COMMAND: what the command prints, below a line with the name.
part() {
  echo "== $1"
  eval "$2" 2>&1
}

# By their paths, as the shell would take busybox's own.
numbers() { find . | sort | xargs /bin/stat -c '%i %n'; }
# fstat FILE: what is said of the file that is open.
fstat() { /bin/stat -L -c "%i $1" - <"$1"; }

# work NAME OPTIONS: everything, on a mount of its own.
work() {
  echo "@@ begin $1"
  mount -t 9p -o "trans=virtio,$2" share /mnt/share || echo UNEXPECTED mount
  cd /mnt/share || echo UNEXPECTED cd
  part contents 'cat a v1/a v2/a d/c v1/d/c v2/d/c'
  part same 'for two in "a v1/a" "v1/a v2/a" "v1/d/c v2/d/c" "v1/a v1/l"; do
    /bin/cmp -s $two && echo $two; done'
  # Which of two links comes first is as the directory has it.
  part archive 'rm -rf /tmp/D; /bin/tar --sort=name -cf - v1 v2 | /bin/tar -tvf - | sed -n "s/.* \(v.* link to\)/\1/p"'
  part copies 'mkdir /tmp/D; /bin/cp -r v1 v2 /tmp/D; cd /tmp/D; find . -type f | sort | xargs grep .; cd /mnt/share'
  part numbers numbers
  part opened 'for file in ./a ./v1/a ./v2/a; do fstat $file; done'
  # A guest with 9p2000.u has no number for the owner of what it makes.
  part made 'for dir in . v1 v2; do echo "new in $dir" >$dir/new; done; cat new v1/new v2/new'
  # After the last link QEMU has nothing but its own fstat(2).
  # 9p2000.u asks for an unlinked file by its name.
  [ "$1" = unix ] || part removed 'for dir in . v1 v2; do exec 3<>$dir/new; fstat $dir/new; rm $dir/new; /bin/stat -L -c "%i $dir/new" - <&3; cat <&3; exec 3<&-; done'
  part forgotten 'sync; echo 3 >/proc/sys/vm/drop_caches; numbers'
  cd /
  umount /mnt/share || echo UNEXPECTED umount
  echo "@@ end $1"
}

work none version=9p2000.L,cache=none
work loose version=9p2000.L,cache=loose
work unix version=9p2000.u,cache=none
