/** The units under a real systemd, with guests that connect. */
import {
  deepEqual,
  doesNotMatch,
  equal,
  match,
  rejects,
  throws,
} from "node:assert/strict";
import { lacking, testsThatNeed } from "../support/requirements.ts";
import { bootInstalled, type Debian, DEBIANS } from "./debians.ts";
import { type Guest, type Program, PROGRAMS } from "./guests.ts";
import type { Machine } from "./machine.ts";

const test = testsThatNeed("own systemd", "make", "bundler", "debootstrap");

/** An instance of a program's units, on a machine. */
class Share {
  readonly #machine: Machine;
  readonly #program: Program;
  readonly #unit: string;
  readonly #socket: string;

  constructor(machine: Machine, program: Program, instance: string) {
    this.#machine = machine;
    this.#program = program;
    this.#unit = `${program.name}@${instance}`;
    this.#socket = `/run/${program.name}/${instance}`;
  }

  get service(): string {
    return `'${this.#unit}.service'`;
  }

  get socket(): string {
    return `'${this.#unit}.socket'`;
  }

  /** Runs a script that has to end well, with `SERVICE` and `SOCKET` for the units. */
  must(script: string): Promise<string> {
    return this.#machine.must(
      script.replaceAll("SERVICE", this.service)
        .replaceAll("SOCKET", this.socket),
    );
  }

  /** Connects, by what the socket's name leads to: from here it would lead elsewhere. */
  async connect(): Promise<Guest> {
    const path = await this.must(`readlink -f '${this.#socket}'`);
    return this.#program.connect(this.#machine.path(path.trimEnd()));
  }

  /** What systemd says of the service: `active`, `inactive`, `failed`. */
  async state(): Promise<string> {
    return (await this.must("systemctl is-active SERVICE || :")).trimEnd();
  }

  /** Resolves when the helper has ended; how systemd calls that. */
  async ended(): Promise<string> {
    return (await this.must(`
      until systemctl is-active SERVICE | grep -qx 'inactive\\|failed'; do
        sleep 0.02
      done
      systemctl show --property=Result --value SERVICE`)).trimEnd();
  }

  /** The helper's words in the journal, which has them a little later than they were said. */
  log(): Promise<string> {
    return this.must(`journalctl --sync
      journalctl --no-pager --output=cat --unit=SERVICE`);
  }
}

/** A directory whose name has to be escaped, by its path. */
async function byPath(machine: Machine, program: Program): Promise<void> {
  const instance = (await machine.must(`
    mkdir -p '/srv/my-share of all'
    systemd-escape --path '/srv/my-share of all'`)).trimEnd();
  const share = new Share(machine, program, instance);
  await share.must("systemctl enable --quiet --now SOCKET");
  equal(await share.state(), "inactive");
  const figures = `/run/virtfs/metrics/${program.name}-${instance}.prom`;
  for (const name of ["/first", "/second"]) {
    {
      using guest = await share.connect();
      equal(guest.mkdir(name), "done");
      equal(await share.state(), "active");
      match(
        await share.must(
          "journalctl --sync; systemctl status --no-pager SERVICE",
        ),
        /Active: active \(running\)[^]*Serving \/srv\/my-share of all/,
      );
      // The figures are there, and not only for root.
      await machine.must(`
        until grep -q '^virtfs_serving{.*} 1$' '${figures}'; do sleep 0.02; done
        test "$(stat -c %A '${figures}')" = -rw-r--r--`);
    }
    equal(await share.ended(), "success");
    await machine.must(`rmdir '/srv/my-share of all${name}'
      test ! -e '${figures}'`);
    // By which systemd would lose a socket with a backslash in its path.
    await machine.must("systemctl daemon-reload");
  }
  await share.must(`systemctl disable --quiet --now SOCKET
    ! systemctl is-enabled --quiet SOCKET
    test ! -e /run/'${program.name}/${instance}'
    rmdir '/srv/my-share of all'`);
  // It would lose this one.
  for (const path of ["/srv/Zoë", '/srv/"x"', "/srv/a\\b"]) {
    await machine.must(`
      unit=${program.name}@$(systemd-escape --path '${path}').socket
      ! systemctl start "$unit" 2>/dev/null
      journalctl --sync
      journalctl --no-pager --unit="$unit" | grep -q 'give the share a name'
      systemctl reset-failed "$unit"`);
  }
}

/** Any name, with a file. The helper is told to end while somebody is connected, and another time it is killed. */
async function byName(machine: Machine, program: Program): Promise<void> {
  await machine.must(`
    mkdir -p '/srv/one, two' /etc/virtfs
    cat >/etc/virtfs/data.conf <<'END'
VIRTFS_DIR="/srv/one, two"
VIRTFS_OPTIONS=--readonly
END`);
  const share = new Share(machine, program, "data");
  await share.must("systemctl start SOCKET");
  {
    using guest = await share.connect();
    equal(guest.mkdir("/new"), "EROFS");
    await share.must("systemctl stop SERVICE");
    throws(() => guest.mkdir("/new"));
  }
  equal(await share.ended(), "success");
  // A file that others have written counts less.
  await machine.must(`
    mkdir -p /run/virtfs/shares
    echo VIRTFS_OPTIONS=--nonsense >/run/virtfs/shares/data.conf
    sed -i /OPTIONS/d /etc/virtfs/data.conf
    echo VIRTFS_OPTIONS= >>/etc/virtfs/data.conf`);
  {
    using guest = await share.connect();
    equal(guest.mkdir("/new"), "done");
    await share.must("systemctl kill --signal=KILL SERVICE");
    throws(() => guest.mkdir("/another"));
  }
  equal(await share.ended(), "signal");
  // By itself, before anybody connects.
  await share.must("systemctl stop SOCKET; systemctl start SERVICE");
  using guest = await share.connect();
  equal(guest.mkdir("/after"), "done");
  await share.must("systemctl stop SOCKET");
  equal(await share.state(), "inactive");
  await machine.must("rm -r '/srv/one, two' /run/virtfs/shares");
}

/** A directory that is not there. */
async function missing(machine: Machine, program: Program): Promise<void> {
  const share = new Share(machine, program, "srv-missing");
  await share.must("systemctl start SOCKET");
  // Whoever connects is turned away, when systemd has tried a few times.
  await rejects(share.connect());
  match(
    await share.log(),
    /^virtfs-\w+-helper: error: Cannot share \/srv\/missing: no such directory$/m,
  );
  equal(
    await share.must("systemctl show --property=Result --value SOCKET"),
    "service-start-limit-hit\n",
  );
  await share.must(`mkdir /srv/missing
    systemctl reset-failed SERVICE SOCKET
    systemctl start SOCKET`);
  using guest = await share.connect();
  equal(guest.mkdir("/dir"), "done");
  await share.must("systemctl stop SOCKET; rm -r /srv/missing");
}

/** What the helper proves of itself, and what the hardening must not take from a guest. */
async function jailed(machine: Machine, program: Program): Promise<void> {
  await machine.must(`mkdir /srv/jailed
    echo VIRTFS_OPTIONS=--print-sandbox >/etc/virtfs/srv-jailed.conf`);
  const share = new Share(machine, program, "srv-jailed");
  await share.must("systemctl start SERVICE");
  const log = await share.log();
  match(log, /^ok {4}namespaces {5}net, ipc, uts: its own$/m);
  match(log, /^ok {4}seccomp /m);
  doesNotMatch(log, /WEAK/);
  {
    using guest = await share.connect();
    equal(guest.device("/memory"), "done");
    equal(guest.setuid("/program"), "done");
    equal(
      await machine.must("cd /srv/jailed; stat -c '%n %f %t:%T' *"),
      "memory 2180 1:1\nprogram 89ed 0:0\n",
    );
    // The host's mount stays busy, and a new one is seen and said.
    await machine.must(`mkdir /srv/jailed/later
      mount -t tmpfs none /srv/jailed/later`);
    await share.must(`until journalctl --priority=warning --output=cat \\
      --unit=SERVICE | grep -q '^warning: .*/srv/jailed/later'; do sleep 0.02; done
      ! journalctl --priority=warning --unit=SERVICE | grep -q Sandbox`);
    equal(guest.mkdir("/dir"), "done");
  }
  equal(await share.ended(), "success");
  await share.must(`systemctl stop SOCKET
    umount /srv/jailed/later
    rm -r /srv/jailed /etc/virtfs/srv-jailed.conf`);
}

/** Ids that the kernel maps. */
async function mapped(machine: Machine, program: Program): Promise<void> {
  await machine.must(`mkdir /srv/mapped
    chown 100000:100000 /srv/mapped
    echo 'VIRTFS_OPTIONS=${program.mapped}' >/etc/virtfs/srv-mapped.conf`);
  const share = new Share(machine, program, "srv-mapped");
  await share.must("systemctl start SOCKET");
  {
    using guest = await share.connect();
    equal(guest.mkdir("/dir"), "done");
  }
  equal(await share.ended(), "success");
  equal(await machine.must("stat -c %u:%g /srv/mapped/dir"), "100000:100000\n");
  await share.must(`systemctl stop SOCKET
    rm -r /srv/mapped /etc/virtfs/srv-mapped.conf`);
}

/** What systemd's own tools say of a program's units where they are installed. */
async function judged(machine: Machine, { name }: Program): Promise<void> {
  const directory = "/usr/lib/systemd/system";
  // Ends well where the score is at most 4.0 of 10, of which less is better.
  await machine.must(`systemd-analyze security --offline=yes --threshold=40 \\
    ${directory}/${name}@.service`);
  const { code, output } = await machine.run(
    `systemd-analyze verify --man=no ${directory}/${name}@.*`,
  );
  deepEqual({ code, output }, { code: 0, output: "" });
}

const STEPS = {
  "is started by units that systemd finds no fault with": judged,
  "shares a directory by its path, with a guest and another one after it":
    byPath,
  "shares a directory by a name with a file, and ends when it is told to":
    byName,
  "shares a directory not where it is missing, and says so": missing,
  "shares a directory in the jail that it proves, and mknod and setuid work":
    jailed,
  ...lacking("mapped tmpfs").length > 0
    ? {}
    : { "shares a directory with mapped ids": mapped },
};

for (const debian of Object.keys(DEBIANS) as Debian[]) {
  test(`On ${debian} systemd starts the programs`, async (context) => {
    await using machine = await bootInstalled(debian);
    for (const program of PROGRAMS) {
      for (const [what, step] of Object.entries(STEPS)) {
        await context.step(
          `${program.name} ${what}`,
          () => step(machine, program),
        );
      }
    }
  });
}
