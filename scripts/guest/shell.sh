# The demo's job: the share is mounted, and a person is at the terminal.
export PS1='guest:\w\$ '
stty cols "${COLUMNS:-80}" rows "${LINES:-24}"
unset COLUMNS LINES
if [ "${WIRE:-9p}" = virtiofs ]; then
  mount -t virtiofs share /mnt/share
else
  mount -t 9p -o trans=virtio,version=9p2000.L,msize=131072,cache=none share /mnt/share
fi
unset WIRE
cd /mnt/share || echo 'The share could not be mounted.'
cat /etc/greeting
exec sh
