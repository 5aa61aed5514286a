/** What a restart takes from guests, and what it leaves to them. */
import { deepEqual, equal, match } from "node:assert/strict";
import { testsThatNeed } from "../support/requirements.ts";
import { both, must, onHost, socket, THREE } from "./host.ts";

const test = testsThatNeed("root", "unshare");

test("A restart says once what is wrong with a line", async () => {
  const { code, stderr } = await onHost(`${THREE}
    echo 'd vhost' >>shares
    virtfs-shares -f shares restart`);
  equal(code, 1);
  match(
    stderr,
    /^[^\n]*shares:4: give NAME, PROGRAM and DIRECTORY\n[^\n]*: Nothing was stopped: [^\n]*\n$/,
  );
});

test("A restart takes what the file says now", async () => {
  const lines = await must(`${THREE}
    virtfs-shares -f shares start a
    echo 'a vhost /srv/a --readonly' >shares
    virtfs-shares -f shares restart a
    cat asked; grep OPTIONS virtfs/shares/a.conf`);
  deepEqual(lines, [
    `systemctl start ${socket("vhost", "a")}`,
    `systemctl stop ${both("vhost", "a")}`,
    `systemctl start ${socket("vhost", "a")}`,
    'VIRTFS_OPTIONS="--readonly"',
  ]);
});

for (
  const [what, change, name, why] of [
    [
      "that has a line with a fault",
      "echo 'd vhost' >>shares",
      "",
      "shares:4: give NAME",
    ],
    [
      "whose own line has a fault",
      "sed -i s/vhost/vhsot/ shares",
      "a",
      `shares:1: a can't be served by "vhsot"`,
    ],
    [
      "that stands in the file no longer",
      "sed -i '/^a/d' shares",
      "a",
      "There is no share a in ",
    ],
    [
      "whose directory has gone",
      "rmdir /srv/a",
      "a",
      "Cannot restart a: there is no directory /srv/a",
    ],
    ["whose file has gone", "rm shares", "", "Cannot read /run/shares: "],
  ] as const
) {
  test(`A restart of what can't be started again stops nothing: one ${what}`, async () => {
    const { code, stdout, stderr } = await onHost(`${THREE}
      virtfs-shares -f shares start
      ${change}
      virtfs-shares -f shares restart ${name} || echo "status $?"
      sed 1d asked; ls virtfs/shares`);
    equal(code, 0, stderr);
    equal(stdout, "status 1\na.conf\nb.conf\nc.conf\n");
    equal(stderr.includes(why), true, stderr);
  });
}
