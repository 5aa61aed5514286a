/** Each command of docs/many-shares.md, as it is written, under a real systemd. */
import { equal, match } from "node:assert/strict";
import { block } from "../docs/blocks.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { bootInstalled } from "../systemd/debians.ts";
import { PROGRAMS } from "../systemd/guests.ts";

const test = testsThatNeed("own systemd", "make", "bundler");

test("The shares of docs/many-shares.md are started, changed and stopped as it says", async () => {
  await using machine = await bootInstalled("the machine's Debian");
  const written = await machine.must(
    block("docs/many-shares.md", "cat >/etc/virtfs/shares"),
  );
  match(written, /^legacy +proxy +"\/srv\/old files"$/m);
  match(written, /^systemctl start .*@legacy\.socket/m);

  const started = await machine.must(
    block("docs/many-shares.md", "systemctl enable --now"),
  );
  equal(started.match(/ waiting /g)?.length, 3, started);
  // What is enabled is started at boot.
  equal(await machine.must("systemctl is-enabled virtfs-shares"), "enabled\n");
  const path = await machine.must(
    "readlink -f /run/virtfs-proxy-helper/legacy",
  );
  {
    using guest = PROGRAMS[0]!.connect(machine.path(path.trimEnd()));
    equal(guest.mkdir("/dir"), "done");
    match(await machine.must("virtfs-shares status legacy"), / serving /);
  }
  equal(
    await machine.must(
      "stat -c %G:%a $(readlink -f /run/virtfs-vhost-helper/web)",
    ),
    "kvm:660\n",
  );

  // Without systemd, it is one who starts guests who runs it.
  const command = await machine.must(
    block("docs/many-shares.md", "virtfs-shares command"),
  );
  const served = await machine.must(
    `systemctl stop virtfs-vhost-helper@web.socket
    (${command.trimEnd()}) >/tmp/log 2>&1 &
    until grep -q 'Listening for /srv/web' /tmp/log; do
      kill -0 $! || { cat /tmp/log; exit 1; }
      sleep 0.02
    done
    stat -c %G:%a /run/virtfs-vhost-helper/web
    kill $!
    wait $! || :`,
  );
  equal(served, "kvm:770\n");

  await machine.must(block("docs/many-shares.md", "virtfs-shares restart web"));
  const { code, stdout } = await machine.run("virtfs-shares status");
  equal(code, 1);
  equal(stdout.match(/ stopped /g)?.length, 3, stdout);

  match(
    await machine.must(
      block("docs/many-shares.md", "sysctl kernel.threads-max"),
    ),
    /^user\.max_mnt_namespaces = \d+$/m,
  );
});
