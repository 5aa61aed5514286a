# Commands on a host with libvirt, for the scripts of the tests.
set -eu
mkdir -p /srv/share

# The daemons as a service manager starts them, without one.
start_libvirt() { virtlogd --daemon; libvirtd --daemon; }

# Waits until FILE has WORDS.
until_in() {
  tries=900
  until grep -q -- "$2" "$1" 2>/dev/null; do
    tries=$((tries - 1))
    if [ $tries -eq 0 ]; then echo "Waited in vain for $2 in $1:"; cat "$1"; return 1; fi
    sleep 0.1
  done
}
# Starts the guest, by the command given, and waits until it has done its job in all shares.
done_after() {
  rm -f /run/console
  sh -euc "$1"
  until_in /run/console '@@ all done'
}

# The guest as its operator has defined it: the rest of its elements, of its devices.
domain() {
  cat <<END
<domain type='qemu'>
  <name>guest</name>
  <memory unit='MiB'>256</memory>
  $1
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>/mnt/kernel</kernel>
    <initrd>/mnt/initramfs</initrd>
    <cmdline>console=ttyS0 quiet panic=-1 mitigations=off ${VARIABLES:-}</cmdline>
  </os>
  <features><acpi/></features>
  <cpu mode='maximum'/>
  <devices>
    <serial type='file'><source path='${CONSOLE:-/run/console}'/></serial>
    $2
  </devices>
</domain>
END
}

# What runs of helpers, as they were called; a dead one that nobody has waited for is none.
helpers() {
  for process in /proc/[0-9]*; do
    { tr '\0' '\n' <"$process/cmdline" | grep -v '^ *$' | tr '\n' ' '; } 2>/dev/null |
      grep -E '^([^ ]*/)?(virtfs-vhost-helper|virtiofsd) ' || :
  done
}
# What libvirt and the helpers have left of guests that do not run, but for logs.
left() {
  helpers
  find /run/libvirt/qemu /var/lib/libvirt/qemu -name '*guest*' ! -path '*/autostart*'
}
# Starts a guest, and waits until its helper serves.
starts() {
  rm -f /var/log/libvirt/qemu/*
  "$@"
  tries=300
  until helpers | grep -q . && ! grep -L -E 'Serving|session_mount|lient connected' /var/log/libvirt/qemu/*-virtiofsd.log | grep -q .; do
    tries=$((tries - 1)); [ $tries -gt 0 ] || break
    sleep 0.1
  done
}
# Says what a start says that has to fail, and what the helper has logged.
fails() {
  rm -f /var/log/libvirt/qemu/*
  if "$@" >/run/said 2>&1; then echo "It did not fail: $*"; return 1; fi
  cat /run/said
  cat /var/log/libvirt/qemu/*-virtiofsd.log 2>/dev/null || :
}
