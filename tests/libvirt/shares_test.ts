/** Several shares, mapped ids, wrappers, sockets, and sessions of ordinary users: docs/libvirt.md, with guests that work. */
import { deepEqual, equal, match } from "node:assert/strict";
import { block } from "../docs/blocks.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { NEEDS, onLibvirt, SUITES } from "./host.ts";
import { given, guestXml, HELPER, share, topics, worked } from "./xml.ts";

const test = testsThatNeed(...NEEDS);

const BINARY = "/usr/libexec/virtfs-vhost-helper";

/**
 * Plugs a share, and takes it away once the guest has used it. libvirt 9 ends in
 * that where there are no control groups, as here.
 */
const PLUG = `
      cat >/run/share.xml <<'END'
${share(`<binary path='${BINARY}'/>`, "<source dir='/srv/third'/>", "third")}
END
      cd /run
      { ${block("docs/libvirt.md", "virsh attach-device")}
      } >&2
      until_in /run/console '@@ unmounted'
      echo "-- three"; helpers | sort
      { ${block("docs/libvirt.md", "virsh detach-device")}
      } >&2
      until ! helpers | grep third; do sleep 0.1; done >/dev/null
      echo "-- two"; helpers | sort`;

for (const suite of SUITES) {
  test(
    `A guest has a share with options, and one of a helper started before${
      suite === "trixie" ? ", and gets a third while it runs" : ""
    } (${suite})`,
    async () => {
      const { lines, guest } = await onLibvirt(
        suite,
        `${["/srv/share", "/srv/first", "/srv/third"].map(given).join("\n")}
      (${block("docs/libvirt.md", "--reconnect \\\n")}) >/run/outside 2>&1 &
      until_in /run/outside Listening
      start_libvirt
      ${
          guestXml({
            devices: share(
              `<binary path='${BINARY}' xattr='on'><cache mode='always'/></binary>`,
              "<source dir='/srv/first'/>",
              "first",
            ) + block("docs/libvirt.md", "<source socket="),
            variables: "SHARES=first,share PLUGGED=third",
          })
        }
      virsh -q define /run/guest.xml
      done_after 'virsh -q start guest'
      ${suite === "trixie" ? PLUG : ""}
      virsh -q destroy guest
      until_in /run/outside 'closed the connection'
      echo "-- one"; helpers
      # It serves the next start, too. That makes the console anew.
      cp /run/console /run/kept
      virsh -q start --paused guest
      virsh -q destroy guest
      mv /run/kept /run/console
      grep -c 'has connected' /run/outside`,
      );
      const said = topics(lines);
      const outside =
        `${HELPER} --shared-dir /srv/share --reconnect --socket-path /run/share.sock --socket-group kvm `;
      if (suite === "trixie") {
        equal(said["three"]!.length, 3);
        equal(said["two"]!.length, 2);
      }
      deepEqual(said["one"], [outside, "2"]);
      deepEqual(guest.get("first"), worked());
      deepEqual(guest.get("share"), worked({ xattr: false }));
    },
  );

  test(`The guest's ids are mapped, by the document's ${suite === "trixie" ? "XML" : "wrapper"} (${suite})`, async () => {
    const mapped = suite === "trixie"
      ? block("docs/libvirt.md", "<idmap>\n")
      : share("<binary path='/usr/local/sbin/virtfs-mapped'/>");
    const { lines, guest } = await onLibvirt(
      suite,
      `${given("/srv/share")}
      chown -R 100000:100000 /srv/share
      ${block("docs/libvirt.md", "/usr/local/sbin/virtfs-mapped\n")}
      start_libvirt
      ${guestXml({ devices: mapped, variables: "SHARES=share" })}
      done_after 'virsh -q create /run/guest.xml'
      virsh -q destroy guest
      left
      stat -c %u:%g /srv/share/boot-1/done /srv/share/boot-1/directory/moved`,
    );
    deepEqual(lines, ["100000:100000", "101000:100100"]);
    deepEqual(guest.get("share"), worked({ xattr: suite === "bookworm" }));
  });
}

test("An ordinary user's guest has what is the user's", async () => {
  const { lines, guest } = await onLibvirt(
    "trixie",
    `${given("/home/alice/files")}
    chown -R alice:alice /home/alice
    mkdir -p /run/user/alice
    chown alice:alice /run/user/alice
    ${block("docs/libvirt.md", "/usr/local/bin/virtfs-session\n")}
    CONSOLE=/run/user/alice/console
    ${
      guestXml({
        devices: share(
          "<binary path='/usr/local/bin/virtfs-session'/>",
          "<source dir='/home/alice/files'/>",
        ),
        variables: "SHARES=share",
      })
    }
    ln -s /run/user/alice/console /run/console
    session() {
      setpriv --reuid=alice --regid=alice --init-groups env HOME=/home/alice \\
        XDG_RUNTIME_DIR=/run/user/alice virsh -q -c qemu:///session "$@"
    }
    session create /run/guest.xml
    until_in /run/user/alice/console '@@ all done'
    helpers
    session destroy guest
    helpers
    find /run/user/alice /home/alice/.config /home/alice/.cache -name '*fs0*' ! -name '*.log'
    grep -c Serving /home/alice/.cache/libvirt/qemu/log/guest-fs0-virtiofsd.log
    stat -c %U:%G /home/alice/files/boot-1/done
    stat -c %u:%g /home/alice/files/boot-1/directory/moved`,
  );
  match(
    lines[0]!,
    new RegExp(`^${HELPER} --fd=\\d+ --shared-dir /home/alice/files $`),
  );
  deepEqual(lines.slice(1), ["1", "alice:alice", "100999:100099"]);
  deepEqual(guest.get("share"), worked({ xattr: false }));
});
