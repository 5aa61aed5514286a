# The guest's work: what guests of the proxy driver do, as root and as an
# ordinary user, then what a share by virtiofs has besides.
. /work/lib.sh

mounted() {
  mount -t virtiofs share /mnt/share || echo UNEXPECTED mount
  cd /mnt/share || echo UNEXPECTED cd
}
unmounted() { cd / && umount /mnt/share || echo UNEXPECTED umount; }

export WHO=root MANY=user VIRTIOFS=yes
if [ "${EVERYBODY:-}" ]; then
  echo '@@ begin everybody'
  mounted
  mkdir 8192 && cd 8192 && mkdir root user && chown 1000:1000 user
  (cd root && sh /work/everybody.sh && sh /work/root.sh)
  export WHO=user
  (cd user && su guest -c 'sh /work/everybody.sh && sh /work/user.sh')
  export WHO=root
  unmounted
  mounted
  topic 'mounted once more'
  run 'find 8192 -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum'
  run 'cmp /work/data 8192/root/big'
  unmounted
  echo '@@ end everybody'
fi

if [ "${OWN:-}" ]; then
  echo '@@ begin own'
  mounted
  mkdir own && cd own && sh /work/virtiofs.sh
  unmounted
  echo '@@ end own'
fi
