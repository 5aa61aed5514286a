/** Mounts that come, go and move in the export while it is served. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { O_DIRECTORY, O_RDONLY, O_RDWR } from "../../ffi/constants.ts";
import { attacksThatNeed, makeFiles, OPEN } from "../support/attack.ts";
import { race, ROUNDS, shot, volley } from "../support/attack_race.ts";
import { shell } from "../support/processes.ts";
import { done, refused } from "../support/said.ts";

const NEEDS = ["root", "mount", "big xattrs"] as const;

/** Makes `/way` and, on a file system of its own, `/pre`; as a host has it whose mounts are shared, or one whose are not. */
const testsWithMounts = (propagation: "shared" | "private") =>
  attacksThatNeed(NEEDS, {
    inMemory: true,
    async prepare({ host, outside, export: top }) {
      await shell(`mount --make-${propagation} "$1"`, outside);
      makeFiles(host, `${top}/way`, OPEN);
      Deno.mkdirSync(`${top}/pre`);
      Deno.mkdirSync(`${top}/elsewhere`);
      await shell('mount -t tmpfs pre "$1"', `${top}/pre`);
      Deno.writeTextFileSync(`${top}/pre/file`, OPEN);
    },
  });

for (const propagation of ["shared", "private"] as const) {
  const test = testsWithMounts(propagation);

  test(`mounts that the host makes later are not in the export (${propagation})`, async (harness) => {
    const { client, host, export: top, secrets, stopped } = harness;
    const { ino } = done(client.lstat("/way/file"));
    const fd = done(client.open("/way", O_DIRECTORY));
    await shell('mount --bind "$1" "$2"', secrets, `${top}/way`);
    // On a host whose mounts are shared, what others mount and unmount in the meantime would be
    // so there, too, and the other way round at its end: not --rbind, and not where anybody mounts.
    await shell('mount --bind /usr "$1"', `${top}/elsewhere`);
    await shell('mount -t tmpfs -o dev,suid none "$1"', `${top}/pre`);
    equal(host.lstat(`${top}/way/file`).uid, 4242);
    equal(done(client.lstat("/way/file")).ino, ino);
    equal(done(client.lstat("/pre/file")).size, BigInt(OPEN.length));
    ok(host.names(`${top}/elsewhere`).includes("bin"));
    refused(client.lstat("/elsewhere/bin"), "ENOENT");
    for (const directory of [fd, done(client.open("/way", O_DIRECTORY))]) {
      const file = host.openAt(directory, "file");
      equal(host.fstat(file).ino, ino);
      equal(host.readAll(file), OPEN);
      host.close(file);
      throws(() => host.openAt(directory, "../elsewhere/bin"), /ENOENT/);
      host.close(directory);
    }
    stopped(
      `mount and mount --bind onto directories of the export while it is served (${propagation} mounts)`,
      "the private clone of the mount: what is mounted later is not in it",
    );
  });

  test(`mounts that the host takes away stay in the export (${propagation})`, async (harness) => {
    const { client, host, outside, export: top, stopped } = harness;
    const { ino, dev } = done(client.lstat("/pre/file"));
    const fd = done(client.open("/pre", O_DIRECTORY));
    // A mount on a shared one can't be moved.
    if (propagation === "private") {
      const moved = `${outside}/moved`;
      Deno.mkdirSync(moved);
      await shell('mount --move "$1" "$2"', `${top}/pre`, moved);
      await shell('mount --move "$1" "$2"', moved, `${top}/way`);
      await shell('umount -l "$1"', `${top}/way`);
    } else await shell('umount -l "$1"', `${top}/pre`);
    throws(() => host.lstat(`${top}/pre/file`), /ENOENT/);
    const now = done(client.lstat("/pre/file"));
    deepEqual([now.ino, now.dev], [ino, dev]);
    for (const directory of [fd, done(client.open("/pre", O_DIRECTORY))]) {
      const up = host.openAt(directory, "../../../..", O_DIRECTORY);
      equal(host.fstat(up).ino, host.lstat(top).ino);
      host.close(up);
      host.close(directory);
    }
    const before = propagation === "private" ? "mount --move and " : "";
    stopped(
      `${before}umount -l of a mount in the export while it is served (${propagation} mounts)`,
      "the private clone: it keeps what was mounted at the start, and `..` goes from there to the export",
    );
  });
}

const ownMountTest = attacksThatNeed(NEEDS, {
  inMemory: true,
  async prepare({ host, export: top }) {
    await shell('mount -t tmpfs none "$1"', top);
    makeFiles(host, `${top}/way`, OPEN);
  },
});
ownMountTest(
  "the export's own mount goes, and the export stays",
  async (harness) => {
    const { client, host, outside, export: top, stopped } = harness;
    const root = done(client.lstat("/"));
    const fd = done(client.open("/way", O_DIRECTORY));
    await shell('mount -o remount,bind,dev,suid "$1"', top);
    await shell('umount -l "$1"', top);
    deepEqual(host.names(top), []);
    deepEqual(done(client.lstat("/..")), root);
    refused(client.lstat("/../secrets/file"), "ENOENT");
    const up = host.openAt(fd, "../../..", O_DIRECTORY);
    equal(host.fstat(up).ino, root.ino);
    host.close(up);
    host.close(fd);
    done(client.mknod("/way/null", 0o20666, 0x103n, 0, 0));
    const way = done(client.open("/way", O_DIRECTORY));
    throws(() => host.openAt(way, "null", O_RDWR), /EACCES/);
    host.close(way);
    deepEqual(host.names(outside), ["export", "secrets"]);
    stopped(
      "umount -l of the export itself, after a remount with dev and suid",
      "the private clone: it has its own flags and no parent",
    );
  },
);

testsWithMounts("shared")(
  "the secrets are mounted in the export half of the time",
  async (harness) => {
    const { client, host, export: top, secrets, isSecret, stopped } = harness;
    const { ino } = done(client.lstat("/way/file"));
    const fd = done(client.open("/way", O_DIRECTORY));
    const shots = [
      shot("LSTAT", { path: "/way/file" }),
      shot("OPEN", { path: "/way/file", flags: O_RDONLY }),
      shot("CHMOD", { path: "/way/file", mode: 0o640 }),
      shot("LSTAT", { path: "/way/../way/./file" }),
    ];
    let seen = 0, unseen = 0;
    const times = await race(["bind", secrets, `${top}/way`], () => {
      volley(client, shots, (answer, { name }) => {
        done(answer);
        if (name === "OPEN") {
          equal(isSecret(host.fstat(answer.value as number)), false);
          host.close(answer.value as number);
        }
        if (name === "LSTAT") {
          const payload = answer.value as Uint8Array;
          const view = new DataView(payload.buffer, payload.byteOffset);
          equal(view.getBigUint64(8, true), ino);
        }
      });
      const file = host.openAt(fd, "file");
      equal(host.fstat(file).ino, ino);
      host.close(file);
      if (host.lstat(`${top}/way/file`).ino !== ino) seen++;
      else unseen++;
    }, () => seen > 0 && unseen > 0);
    host.close(fd);
    stopped(
      `${ROUNDS} × requests through a directory on which a process of the host mounted another and unmounted it, ${times} times`,
      "the private clone of the mount: it has never the other",
    );
  },
);
