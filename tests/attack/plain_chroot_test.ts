/** What holds of the attacks where the kernel gives no private mount: without CAP_SYS_ADMIN, a plain chroot. */
import { equal, match } from "node:assert/strict";
import { O_DIRECTORY, O_RDWR, S_IFCHR } from "../../ffi/constants.ts";
import {
  attacksThatNeed,
  type Harness,
  makeFiles,
  OPEN,
} from "../support/attack.ts";
import {
  race,
  ROUNDS,
  shot,
  startRacer,
  volley,
} from "../support/attack_race.ts";
import { HostError } from "../support/host.ts";
import { withoutCapability } from "../support/programs.ts";
import { done, refused } from "../support/said.ts";

const test = attacksThatNeed(["root", "mount", "big xattrs", "setpriv"], {
  wrapper: withoutCapability("sys_admin"),
  inMemory: true,
});

const WHY = "there is no private mount, as the helper warns at its start; " +
  "give it CAP_SYS_ADMIN, and let nobody move directories out of the export";

/** Whether requests get out by `..` while the directory that they climb from is moved. */
async function climbs(harness: Harness): Promise<boolean> {
  const { client, export: top, outside } = harness;
  await using racer = await startRacer(
    ...["move", `${top}/a/b`, `${outside}/b`],
  );
  // The longer the way, the more often the directory is moved meanwhile.
  const climb = `/a/b${"/.".repeat(1900)}/..`;
  const shots = [shot("LSTAT", { path: `${climb}/secrets/file` })];
  let out = false;
  for (let round = 0; round < ROUNDS && !out; round++) {
    volley(client, shots, ({ errno }) => out ||= errno === 0);
  }
  await racer.stop();
  return out;
}

test("a plain chroot holds paths and symlinks, and says what it does not hold", async (harness) => {
  const { client, host, export: top, secrets, stopped, notStopped } = harness;
  makeFiles(host, `${top}/way`, OPEN);
  Deno.mkdirSync(`${top}/a`);
  makeFiles(host, `${top}/a/b`, OPEN);
  host.symlink("../secrets", `${top}/out`);
  const shots = [
    shot("LSTAT", { path: "/way/file" }),
    shot("OPEN", { path: "/way/file", flags: O_RDWR }),
    shot("CHMOD", { path: "/way/file", mode: 0o666 }),
  ];
  const seen = { inside: 0, nothing: 0 };
  const exchange = ["exchange", `${top}/way`, `${top}/out`];
  const swaps = await race(
    exchange,
    () =>
      volley(client, shots, ({ errno, value }, { name }) => {
        if (errno !== 0) seen.nothing++;
        else seen.inside++;
        if (errno !== 0 || name !== "OPEN") return;
        equal(harness.isSecret(host.fstat(value as number)), false);
        host.close(value as number);
      }),
    () => seen.inside > 0 && seen.nothing > 0,
  );
  stopped(
    `without CAP_SYS_ADMIN ${ROUNDS} × requests through a directory exchanged for a symlink out of the export, ${swaps} times`,
    "chroot(2) (ENOENT)",
  );
  host.mknod(`${top}/null`, S_IFCHR | 0o666, 0x103n);
  refused(client.open("/null", O_RDWR), "ENXIO");
  refused(client.lstat("/../secrets/file"), "ENOENT");
  refused(client.lstat(`${secrets}/file`), "ENOENT");
  stopped(
    "without CAP_SYS_ADMIN OPEN of a device, and `..` from the root",
    "the helper (ENXIO) and chroot(2) (ENOENT)",
  );

  const fd = done(client.open("/a", O_DIRECTORY));
  const up = 'without CAP_SYS_ADMIN ".." by a passed directory';
  try {
    host.close(host.openAt(fd, "../../secrets/file"));
    notStopped(up, WHY);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    stopped(up, error.message);
  }
  host.close(fd);
  const moved = 'without CAP_SYS_ADMIN ".." in requests, from a ' +
    "directory that a process of the host moves out of the export";
  if (await climbs(harness)) notStopped(moved, WHY);
  else stopped(moved, "luck: the race was not met");
  match(harness.helper.output, /warning: No private mount/);
});
