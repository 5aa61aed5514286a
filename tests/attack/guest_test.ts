/** A guest whose root wants out of the share, on a real QEMU. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { S_IFBLK, S_IFMT } from "../../ffi/constants.ts";
import { lookAt, makeFiles, OPEN, SECRET } from "../support/attack.ts";
import { startRacer } from "../support/attack_race.ts";
import { bootGuest } from "../support/guest.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { workspace } from "../support/workspace.ts";

const test = testsThatNeed(
  "root",
  "qemu",
  "kernel",
  "busybox",
  "attr",
  "xattrs",
);

test("root of a guest gets nowhere, and the share serves on", async () => {
  using directory = workspace();
  using host = new Host();
  const outside = directory.path;
  const [top, secrets] = [`${outside}/export`, `${outside}/secrets`];
  Deno.mkdirSync(top);
  makeFiles(host, secrets, SECRET);
  const { dev } = host.lstat(top);
  // As makedev(3) lays it out.
  const major = dev >> 8n & 0xfffn;
  const minor = dev & 0xffn | dev >> 12n & 0xffffff00n;
  host.mknod(`${top}/theirs`, S_IFBLK | 0o666, dev);
  host.mkfifo(`${top}/theirs-fifo`, 0o666);
  host.symlink(secrets, `${top}/out`);
  for (const name of ["bytes", "swap", "swap/climb"]) {
    Deno.mkdirSync(`${top}/${name}`);
  }
  makeFiles(host, `${top}/swap/directory`, OPEN);
  for (const name of ["device", "link"]) {
    Deno.writeTextFileSync(`${top}/swap/${name}`, OPEN);
  }
  host.mknod(`${outside}/device`, S_IFBLK | 0o666, dev);
  host.symlink(`${secrets}/file`, `${outside}/link`);
  host.symlink("../../secrets", `${outside}/directory`);
  const before = lookAt(host, secrets);

  // So slow that most of a request falls between two changes, and some fall into one.
  await using racer = await startRacer(
    "2",
    ...["exchange", `${top}/swap/device`, `${outside}/device`],
    ...["exchange", `${top}/swap/link`, `${outside}/link`],
    ...["exchange", `${top}/swap/directory`, `${outside}/directory`],
    ...["move", `${top}/swap/climb`, `${outside}/climb`],
  );
  const run = await bootGuest("ours", "inherited", {
    job: "../attack/guest/job.sh",
    share: top,
    variables: { SECRETS: secrets, DISK: `${major}:${minor}` },
  });
  const lines = run.lines.get("");
  const printed = run.console + run.complaints;
  const swaps = await racer.stop();

  ok(lines !== undefined, `It has no end:\n${printed}`);
  deepEqual(lines.filter((line) => !line.startsWith("tried ")), []);
  equal(printed.includes(SECRET), false);
  deepEqual([run.qemu.code, run.helper.code], [0, 0], run.helperOutput);
  deepEqual(lookAt(host, secrets), before);
  equal(Deno.readTextFileSync(`${top}/alive`), "alive\n");
  // What it has made is as it has made it: the host is not to trust it.
  equal(host.lstat(`${top}/setuid/busybox`).mode & 0o7777, 0o6755);
  equal(host.lstat(`${top}/disk`).mode & S_IFMT, S_IFBLK);
  equal(host.lstat(`${top}/disk`).rdev, dev);
  for (const line of lines) console.log(`in a guest, as root: ${line}`);
  console.log(`in a guest, as root: the host exchanged names ${swaps} times`);
});
