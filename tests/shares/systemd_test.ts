/** A hundred shares of one file under a real systemd, with guests that connect. */
import { deepEqual, equal, match, throws } from "node:assert/strict";
import { testsThatNeed } from "../support/requirements.ts";
import { bootInstalled, type Debian, DEBIANS } from "../systemd/debians.ts";
import { type Guest, PROGRAMS } from "../systemd/guests.ts";
import type { Machine } from "../systemd/machine.ts";

const test = testsThatNeed("own systemd", "make", "bundler", "debootstrap");

/** Shares of each program. */
const EACH = 50;
/** The first one of each has all that has to be quoted, for systemd, too. */
const ODD = String.raw`/srv/it's "\$HOME" \n a%b`;

/** Connects to a share. */
async function connect(
  machine: Machine,
  program: string,
  name: string,
): Promise<Guest> {
  const served = PROGRAMS.find((each) =>
    each.name === `virtfs-${program}-helper`
  )!;
  const path = await machine.must(`readlink -f /run/${served.name}/${name}`);
  return served.connect(machine.path(path.trimEnd()));
}

async function makeShares(machine: Machine): Promise<void> {
  const lines = ["proxy", "vhost"].flatMap((program) => [
    // Only one of the options is written with quotes; it has to end as it begins.
    `${program}-0 ${program} "${
      ODD.replace(/[\\"$]/g, "\\$&")
    }" '--log-level=debug' --log-format=json`,
    ...Array.from(
      { length: EACH - 1 },
      (_, at) => `${program}-${at + 1} ${program} /srv/${program}${at + 1}`,
    ),
  ]);
  await machine.must(`
    mkdir -p /etc/virtfs
    cat >/etc/virtfs/shares <<'END'
${lines.join("\n")}
END
    cat >/srv/name <<'END'
${ODD}
END
    mkdir "$(cat /srv/name)"
    for i in $(seq ${EACH - 1}); do mkdir /srv/proxy$i /srv/vhost$i; done`);
}

for (const debian of Object.keys(DEBIANS) as Debian[]) {
  test(`On ${debian} a hundred shares of one file are started and stopped`, async () => {
    await using machine = await bootInstalled(debian);
    await makeShares(machine);
    // At boot, and by hand where it is done already.
    await machine.must("systemctl start virtfs-shares");
    equal(await machine.must("virtfs-shares start"), "");
    const states = async () => {
      const { code, stdout } = await machine.run("virtfs-shares status");
      const words = stdout.trimEnd().split("\n").slice(1)
        .map((line) => line.split(/ +/)[2]!);
      equal(words.length, 2 * EACH);
      return { code, states: [...new Set(words)].sort() };
    };
    deepEqual(await states(), { code: 0, states: ["waiting"] });
    for (const program of ["proxy", "vhost"]) {
      for (
        const [name, directory] of [
          [`${program}-0`, ODD],
          [`${program}-${EACH - 1}`, `/srv/${program}${EACH - 1}`],
        ] as const
      ) {
        using guest = await connect(machine, program, name);
        equal(guest.mkdir("/dir"), "done");
        equal(
          await machine.must("find /srv -name dir -print -delete"),
          `${directory}/dir\n`,
        );
        match(
          await machine.must(`virtfs-shares status ${name}`),
          new RegExp(`^${name} .* serving `, "m"),
        );
      }
    }
    match(
      await machine.must(
        "journalctl --sync; journalctl --output=cat --unit=virtfs-vhost-helper@vhost-0",
      ),
      /^\{.*"level":"debug"/m,
    );
    // Even while a guest uses one.
    using guest = await connect(machine, "vhost", "vhost-1");
    await machine.must("systemctl stop virtfs-shares");
    deepEqual(await states(), { code: 1, states: ["stopped"] });
    equal(await machine.must("ls /run/virtfs/shares"), "");
    throws(() => guest.mkdir("/dir"));

    // What is missing keeps nothing else from being started.
    const { code, stderr } = await machine.run(
      "rmdir /srv/vhost2; virtfs-shares start",
    );
    deepEqual([code, stderr.split("\n").length], [1, 2], stderr);
    match(
      stderr,
      /Cannot start vhost-2: there is no directory \/srv\/vhost2$/m,
    );
    deepEqual(await states(), { code: 1, states: ["stopped", "waiting"] });
  });
}
