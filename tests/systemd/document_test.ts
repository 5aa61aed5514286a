/** The commands of docs/systemd.md, run as they are written on a machine of systemd's. */
import { deepEqual, equal, match } from "node:assert/strict";
import { block } from "../docs/blocks.ts";
import { lines, ROOT } from "../docs/commands.ts";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { bootInstalled } from "./debians.ts";
import { PROGRAMS } from "./guests.ts";
import type { Machine } from "./machine.ts";

const VHOST = PROGRAMS[1]!;

/** Starts QEMU by a block, as a user in the group kvm: it boots nothing and is told to quit. Ends when the helper has. */
async function qemu(
  machine: Machine,
  command: string,
  service: string,
): Promise<void> {
  const small = command.replace(
    "…",
    "-machine accel=tcg -nodefaults -display none -S -monitor stdio",
  );
  await machine.must(`
    grep -q ^qemu: /etc/passwd || echo qemu:x:64055:64055::/:/bin/false >>/etc/passwd
    cat >/run/qemu <<'END'
${small}
END
    echo quit | setpriv --reuid=64055 --regid=64055 --groups=$(
      getent group kvm | cut -d: -f3) sh /run/qemu
    while systemctl is-active --quiet ${service}; do sleep 0.02; done
    journalctl --sync
    journalctl --no-pager --unit=${service} | grep -q 'user 64055 has connected'`);
}

testsThatNeed("own systemd", "make", "bundler", "qemu", "setpriv")(
  "The commands of docs/systemd.md share directories with QEMU, show what there is to see, and leave nothing",
  async () => {
    const share = block(
      "docs/systemd.md",
      "systemctl enable --now virtfs-vhost-helper@srv-share",
    );
    const user = block("docs/systemd.md", "SocketUser=");
    const data = block("docs/systemd.md", "/etc/virtfs/data.conf");
    const start = block("docs/systemd.md", "systemctl status");
    const again = block("docs/systemd.md", "reset-failed");
    const remove = block("docs/systemd.md", "systemctl disable");
    await using machine = await bootInstalled("the machine's Debian");
    const service = "virtfs-vhost-helper@srv-share.service";

    await machine.must(`mkdir /srv/share; ${share}`);
    await machine.must(`${share.replaceAll("-vhost-", "-proxy-")}`);
    await qemu(
      machine,
      block("docs/systemd.md", "vhost-user-fs-pci"),
      service,
    );
    await qemu(
      machine,
      block("docs/systemd.md", "virtio-9p-pci"),
      service.replace("-vhost-", "-proxy-"),
    );

    // A path that is escaped.
    await machine.must(block("docs/systemd.md", "systemd-escape"));
    await machine.must("test -S '/run/virtfs-vhost-helper/srv-my\\x2dshare'");

    // One user alone.
    await machine.must(`
      echo libvirt-qemu:x:64056:64056::/:/bin/false >>/etc/passwd
      ${user}`);
    equal(
      await machine.must("stat -Lc '%u %a' /run/virtfs-vhost-helper/srv-share"),
      "64056 600\n",
    );

    // A name with a file.
    await machine.must(data);
    const connect = async (name: string) =>
      VHOST.connect(
        machine.path(
          (await machine.must(`readlink -f /run/virtfs-vhost-helper/${name}`))
            .trimEnd(),
        ),
      );
    if (lacking("mapped tmpfs").length === 0) {
      using guest = await connect("data");
      equal(guest.mkdir("/made"), "done");
      equal(await machine.must("stat -c %u /srv/data/made"), "100000\n");
    }
    match(
      await machine.must(start),
      /Active: active \(running\)[^]*Sandbox: root: the export/,
    );

    // It fails and is put right.
    await machine.must(`systemctl stop ${service}
      mv /srv/share /srv/elsewhere
      for i in 1 2 3 4 5 6 7 8 9 10 11; do systemctl start ${service} 2>/dev/null || :; done
      mv /srv/elsewhere /srv/share
      ! systemctl start ${service} 2>/dev/null
      ${again}
      systemctl is-active --quiet virtfs-vhost-helper@srv-share.socket`);

    // Further hardening.
    await machine.must(block("docs/systemd.md", "ProtectSystem=strict"));
    {
      using guest = await connect("srv-share");
      equal(guest.mkdir("/made"), "done");
      await machine.must(`pid=$(systemctl show -P MainPID ${service})
        ! nsenter --target "$pid" --mount touch /etc/made 2>/dev/null
        test -d /srv/share/made
        until test -s /run/virtfs/metrics/virtfs-vhost-helper-srv-share.prom; do
          sleep 0.02
        done
        ${remove}`);
    }
    equal(
      await machine.must(`systemctl is-active ${service} || :
        ls -A /run/virtfs-vhost-helper`),
      "inactive\ndata\nsrv-my\\x2dshare\n",
    );
  },
);

/** What the document's section on hardening has of names that are settings of systemd's. */
function leftOpen(): string[] {
  const text = Deno.readTextFileSync(`${ROOT}/docs/systemd.md`);
  const section = text.slice(text.indexOf("\n## Hardening"));
  return [...section.matchAll(/^- ([^]*?):\s/gm)].flatMap(([, names = ""]) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
  );
}

for (const { name } of PROGRAMS) {
  testsThatNeed("systemd")(
    `docs/systemd.md says why ${name}@.service leaves open what it leaves open`,
    async () => {
      const [json = ""] = await lines("systemd-analyze", [
        ...["security", "--offline=yes", "--json=short", "--no-pager"],
        `${ROOT}/contrib/systemd/${name}@.service`,
      ]);
      const open = (JSON.parse(json) as {
        readonly name: string;
        readonly set: boolean | null;
        readonly exposure: string | null;
      }[]).filter(({ set, exposure }) => set === false && exposure !== null);
      deepEqual(leftOpen().sort(), open.map(({ name }) => name).sort());
    },
  );
}
