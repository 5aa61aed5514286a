# The job of a guest that mounts the share in each way that 9p has to say who
# is who, and makes one file of each kind, as root and as a user.
. /work/lib.sh

# make WHERE: what can be made, and used afterwards.
make() {
  echo "set -e; umask 0; cd $1; echo x > file; mkdir dir; echo y > dir/inside; ln -s file link; mkfifo fifo; mv file moved; cat moved"
}

echo '@@ begin'
for way in any user u; do
  WHO=$way
  case $way in
    any) options=version=9p2000.L,access=any ;;
    user) options=version=9p2000.L,access=user ;;
    u) options=version=9p2000.u ;;
  esac
  mount -t 9p -o "trans=virtio,cache=none,$options" share /mnt/share || echo UNEXPECTED mount
  cd /mnt/share || echo UNEXPECTED cd
  run "mkdir $way; chmod 777 $way; mkdir $way/root $way/guest; chmod 777 $way/root $way/guest"
  run "$(make "$way/root")"
  run "su guest -c '$(make "/mnt/share/$way/guest")'"
  cd /
  umount /mnt/share || echo UNEXPECTED umount
done
echo '@@ end'
