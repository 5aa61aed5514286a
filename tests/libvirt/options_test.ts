/** What libvirt has words for, and how the program is found: docs/libvirt.md, tried without a guest that works. */
import { deepEqual, match } from "node:assert/strict";
import { block } from "../docs/blocks.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { NEEDS, onLibvirt, SUITES } from "./host.ts";
import { guestXml, HELPER, share, topics } from "./xml.ts";

const test = testsThatNeed(...NEEDS);

const BINARY = "/usr/libexec/virtfs-vhost-helper";
const binary = (inside = "", attributes = "") =>
  `<binary path='${BINARY}'${attributes}>${inside}</binary>`;

/** How each suite's libvirt says it; an error where it refuses. */
const OPTIONS: readonly {
  readonly name: string;
  readonly devices: string;
  readonly bookworm: string | RegExp;
  readonly trixie: string | RegExp;
}[] = [
  {
    name: "all",
    devices: share(binary(
      "<cache mode='always'/><sandbox mode='namespace'/><thread_pool size='4'/>",
      " xattr='on'",
    )),
    bookworm:
      "-o source=/srv/share,cache=always,sandbox=namespace,xattr --thread-pool-size=4",
    trixie:
      "--shared-dir /srv/share --cache always --sandbox namespace --xattr --thread-pool-size=4",
  },
  {
    name: "none",
    devices: share(
      binary("<cache mode='none'/><sandbox mode='chroot'/>", " xattr='off'"),
    ),
    bookworm: "-o source=/srv/share,cache=none,sandbox=chroot,no_xattr",
    trixie: "--shared-dir /srv/share --cache never --sandbox chroot",
  },
  {
    name: "locks off",
    devices: share(binary("<lock posix='off' flock='off'/>")),
    bookworm: "-o source=/srv/share,no_flock,no_posix_lock",
    trixie: /locking options are not supported/,
  },
  {
    name: "locks on",
    devices: share(binary("<lock posix='on' flock='on'/>")),
    bookworm:
      /Failed to (read|write) msg|Connection refused[^]*Cannot use -o flock: locks hold within one guest/,
    trixie: /locking options are not supported/,
  },
  {
    name: "read-only",
    devices: share(binary()).replace(
      "</filesystem>",
      "<readonly/></filesystem>",
    ),
    bookworm: /virtiofs does not yet support read-only mode/,
    trixie: "--shared-dir /srv/share --readonly",
  },
  {
    name: "open files",
    devices: share(binary("<openfiles max='4096'/>")),
    bookworm: "-o source=/srv/share",
    trixie: "--shared-dir /srv/share --rlimit-nofile=4096",
  },
  {
    name: "a comma and a blank",
    devices: share(binary(), "<source dir='/srv/a, b'/>"),
    // The launcher adds the working directory, as Deno takes no comma.
    bookworm: "-o source=/srv/a,, b --shared-dir=.",
    trixie: "--shared-dir /srv/a, b --shared-dir=.",
  },
  {
    name: "no directory",
    devices: share(binary(), "<source dir='/srv/none'/>"),
    bookworm: /virtiofs export directory '\/srv\/none' does not exist/,
    trixie: /virtiofs export directory '\/srv\/none' does not exist/,
  },
  {
    name: "a directory that can't be shared",
    devices: share(binary(), "<source dir='/proc'/>"),
    bookworm:
      /Failed to (read|write) msg|Connection refused[^]*error: Cannot share \/proc: /,
    trixie:
      /Failed to (read|write) msg|Connection refused[^]*error: Cannot share \/proc: /,
  },
  {
    name: "no such program",
    devices: share("<binary path='/usr/libexec/none'/>"),
    bookworm: /virtiofsd binary '\/usr\/libexec\/none' is not executable/,
    trixie: /cannot execute binary \/usr\/libexec\/none/,
  },
];

for (const suite of SUITES) {
  test(`Each element has the option that the document says, or is refused (${suite})`, async () => {
    const { lines } = await onLibvirt(
      suite,
      `mkdir '/srv/a, b'
      start_libvirt
      ${
        OPTIONS.map(({ name, devices, [suite]: expected }) => `
        echo "-- ${name}"
        ${guestXml({ devices })}
        ${
          typeof expected === "string"
            ? "starts virsh -q create --paused /run/guest.xml; helpers; virsh -q destroy guest"
            : "fails virsh -q create --paused /run/guest.xml"
        }
        left`).join("\n")
      }`,
    );
    const said = topics(lines);
    for (const { name, [suite]: expected } of OPTIONS) {
      if (typeof expected === "string") {
        deepEqual(said[name], [`${HELPER} --fd=N ${expected} `], name);
      } else match(said[name]!.join("\n"), expected, name);
    }
  });

  test(`Without Deno the reason is told (${suite})`, async () => {
    const { lines } = await onLibvirt(
      suite,
      `umount /usr/local/bin/deno; rm /usr/local/bin/deno
      :
      start_libvirt
      ${guestXml({ devices: share(binary()) })}
      fails virsh -q create --paused /run/guest.xml
      left`,
    );
    match(lines.join("\n"), /error: Cannot find Deno: install/);
  });

  test(`Without <binary> libvirt takes Debian's virtiofsd, or ours where it is preferred or alone (${suite})`, async () => {
    const theirs = suite === "bookworm"
      ? "/usr/lib/qemu/virtiofsd"
      : "/usr/libexec/virtiofsd";
    const start = `starts virsh -q create --paused /run/guest.xml
      helpers | cut -d' ' -f1 | uniq; virsh -q destroy guest; left`;
    const { lines } = await onLibvirt(
      suite,
      `:
      start_libvirt
      ${guestXml({ devices: share("") })}
      ${start}
      ${block("docs/libvirt.md", "mkdir -p /etc/qemu/vhost-user")}
      ${start}
      ${block("docs/libvirt.md", "rm /etc/qemu/vhost-user/10")}
      ${start}
      rm /usr/share/qemu/vhost-user/50-*virtiofsd.json
      ${start}`,
    );
    deepEqual(lines, [theirs, HELPER, theirs, HELPER]);
  });

  test(`AppArmor's profile of libvirtd lets it start the installed program (${suite})`, async () => {
    const { lines } = await onLibvirt(
      suite,
      `readlink -f ${BINARY}
      grep -F '/usr/bin/* PUx,' /etc/apparmor.d/usr.sbin.libvirtd`,
    );
    deepEqual(lines, ["/usr/bin/virtfs-vhost-helper", "  /usr/bin/* PUx,"]);
  });

  test(`A helper that nobody has connected to ends when QEMU does not start (${suite})`, async () => {
    const { lines } = await onLibvirt(
      suite,
      `:
      start_libvirt
      ${guestXml({ devices: share(binary()) })}
      # With an option that it does not know QEMU ends before it looks for a socket.
      sed -i "s|^<domain type='qemu'>|<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:commandline><qemu:arg value='-bogus'/></qemu:commandline>|" /run/guest.xml
      fails virsh -q create /run/guest.xml >/run/failed
      grep -o 'bogus: invalid option' /run/failed | uniq
      left`,
    );
    deepEqual(lines, ["bogus: invalid option"]);
  });
}

test("AppArmor's parser takes the document's rule for a wrapper, in libvirtd's profile", async () => {
  const { lines } = await onLibvirt(
    "trixie",
    `# Without the kernel's AppArmor nothing can be loaded.
    apparmor_parser() { command apparmor_parser --skip-kernel-load --skip-cache --debug "$@" 2>/dev/null; }
    { ${block("docs/libvirt.md", "apparmor_parser -r")}
    } | grep -o '/usr/local/sbin/virtfs-mapped.*'`,
  );
  match(lines.join("\n"), /virtfs-mapped/);
});
