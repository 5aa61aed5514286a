/**
 * docs/libvirt.md, its XML and its commands as they are written: libvirt of Debian
 * 12 and 13 starts guests whose shares this program serves.
 */
import { deepEqual, match, ok } from "node:assert/strict";
import { block } from "../docs/blocks.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { NEEDS, onLibvirt, SUITES } from "./host.ts";
import { FS, given, guestXml, HELPER, topics, worked } from "./xml.ts";

const test = testsThatNeed(...NEEDS);

for (const suite of SUITES) {
  test(`A guest is started, works, can't be saved, is destroyed, and starts anew (${suite})`, async () => {
    const { lines, guest } = await onLibvirt(
      suite,
      `${given("/srv/share")}
      start_libvirt
      ${guestXml({ devices: FS, variables: "SHARES=share" })}
      virsh -q define /run/guest.xml
      done_after '${block("docs/libvirt.md", "virsh start")}'
      echo "-- helpers"; helpers
      # libvirt ends the process that has its file locked.
      pid=$(cat /run/libvirt/qemu/1-guest-fs0-fs.pid)
      inode=$(stat -c %i /run/libvirt/qemu/1-guest-fs0-fs.pid)
      grep "POSIX .* $pid .*:$inode " /proc/locks >/dev/null && echo "-- locked"
      echo "-- save"; virsh save guest /run/saved 2>&1 || :
      # Guests and helpers outlive the daemon, which finds them again.
      kill $(cat /run/libvirtd.pid); until ! test -e /run/libvirtd.pid; do sleep 0.05; done
      libvirtd --daemon
      echo "-- again"; virsh -q domstate guest; helpers
      virsh -q destroy guest
      echo "-- left"; left
      done_after 'virsh -q start guest'
      virsh -q destroy guest
      echo "-- left"; left
      echo "-- log"
      ${block("docs/libvirt.md", "tail /var/log")}
      grep -c '^/usr/libexec/virtfs-vhost-helper' /var/log/libvirt/qemu/guest.log`,
    );
    const said = lines.join("\n");
    const running = `${HELPER} ${
      suite === "bookworm"
        ? "--fd=N -o source=/srv/share "
        : "--fd=N --shared-dir /srv/share "
    }`;
    const parts = topics(lines);
    deepEqual(parts["helpers"], [running]);
    ok("locked" in parts, said);
    match(parts["save"]!.join("\n"), /cannot migrate domain|not supported/);
    deepEqual(parts["again"], ["running", running]);
    deepEqual(parts["left"], []);
    match(parts["log"]!.join("\n"), /Serving \/srv\/share/);
    deepEqual(parts["log"]!.at(-1), "2");
    deepEqual(guest.get("share"), worked({ times: 1, xattr: false }));
  });
}
