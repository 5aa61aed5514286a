/**
 * A directory is moved out of the export and back while requests climb out of
 * it by `..`: with chroot(2) alone that is a way out, as the climb then goes
 * past the root without meeting it (CVE-2015-2925).
 */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { O_CREAT, O_DIRECTORY, O_RDWR } from "../../ffi/constants.ts";
import {
  attacksThatNeed,
  type Harness,
  makeFiles,
  OPEN,
} from "../support/attack.ts";
import {
  race,
  ROUNDS,
  type Shot,
  shot,
  volley,
} from "../support/attack_race.ts";
import { HostError } from "../support/host.ts";

const test = attacksThatNeed(["root", "mount", "big xattrs"], {
  inMemory: true,
});

/** Ways from the directory that is moved, `/a/b`, to what lies beside the export. */
const CLIMBS = [
  "/a/b/..",
  "/a/b/../..",
  "/a/b/directory/../..",
  "/a/b/directory/../../..",
  "/a/b/way/up/../../../..",
  "a/b/up",
  `/a/b/${"../".repeat(20)}`,
  // So long that the directory is moved in the middle of the walk.
  `/a/b${"/.".repeat(1900)}/..`,
  // Longer than the kernel takes in one piece.
  `/a/b${"/.".repeat(2100)}/../..`,
  `${"/.".repeat(2047)}/a/b/../..`,
];

/** Requests that would read, make, change and remove something outside. */
function requestsBy(climb: string): Shot[] {
  const file = `${climb}/secrets/file`;
  const owner = { uid: 7, gid: 7 };
  return [
    shot("LSTAT", { path: file }),
    shot("OPEN", { path: file, flags: O_RDWR }),
    shot("CHMOD", { path: file, mode: 0o777 }),
    shot("REMOVE", { path: `${climb}/secrets/victim` }),
    shot("RENAME", { old: `${climb}/secrets/victim`, new: "/stolen" }),
    shot("LINK", { old: file, new: "/stolen" }),
    shot("MKDIR", { path: `${climb}/secrets/new`, mode: 0o700, ...owner }),
    shot("CREATE", {
      path: `${climb}/secrets/new`,
      flags: O_RDWR | O_CREAT,
      mode: 0o600,
      ...owner,
    }),
  ];
}

/** Puts what is climbed out of into the export, and a place beside it to move it to. */
function prepare({ host, outside, export: top }: Harness): void {
  Deno.mkdirSync(`${top}/a`);
  makeFiles(host, `${top}/a/b`, OPEN);
  Deno.mkdirSync(`${top}/a/b/way/up`, { recursive: true });
  host.symlink("../..", `${top}/a/b/up`);
  Deno.mkdirSync(`${outside}/beside/deeper`, { recursive: true });
}

/** Moves `/a/b` to places outside, at once beside the export and deeper. */
const moving = ({ outside, export: top }: Harness): string[] => [
  ...["move", `${top}/a/b`, `${outside}/b`],
  ...["move", `${top}/a/b`, `${outside}/beside/deeper/b`],
];

test("requests climb out of a directory that is outside half of the time", async (harness) => {
  const { client, outside, host, stopped } = harness;
  prepare(harness);
  const here = shot("LSTAT", { path: "/a/b/file" });
  const shots = CLIMBS.map((climb) => [here, ...requestsBy(climb)]);
  const seen = new Map([[0, 0], [2, 0]]);
  const moves = await race(moving(harness), (round) => {
    volley(client, shots[round % shots.length]!, ({ errno }, asked) => {
      if (asked === here) seen.set(errno, seen.get(errno)! + 1);
      else ok(errno !== 0, `${asked.name} has reached the outside`);
    });
  }, () => seen.get(0)! > 0 && seen.get(2)! > 0);
  deepEqual(host.names(outside), ["beside", "export", "secrets"]);
  deepEqual(host.names(harness.export), ["a"]);
  stopped(
    `${ROUNDS} × to climb by ".." out of a directory that a process of the host moved out of the export and back, ${moves} times`,
    'the private clone of the mount: the kernel follows no ".." to what is not below the mount\'s root (ENOENT, CVE-2015-2925)',
  );
});

test("a passed directory is climbed out of while it is moved outside", async (harness) => {
  const { client, host, outside, stopped } = harness;
  prepare(harness);
  const top = host.lstat(harness.export).ino;
  const fd = client.open("/a/b", O_DIRECTORY).value!;
  const inside = new Set(
    ["", "a", "a/b", "a/b/way"].map((name) =>
      host.lstat(`${harness.export}/${name}`).ino
    ),
  );
  const ends = { inside: 0, nothing: 0 };
  const moves = await race(moving(harness), () => {
    for (const path of ["..", "../..", "way/up/../../../../.."]) {
      try {
        const up = host.openAt(fd, path, O_DIRECTORY);
        ok(inside.has(host.fstat(up).ino), `${path} leads outside`);
        host.close(up);
        ends.inside++;
      } catch (error) {
        if (!(error instanceof HostError)) throw error;
        match(error.message, /ENOENT/);
        ends.nothing++;
      }
    }
  }, () => ends.inside > 0 && ends.nothing > 0);
  stopped(
    `${ROUNDS} × "..", as root, from a passed directory that was moved out of the export and back, ${moves} times`,
    "the private clone of the mount (ENOENT)",
  );
  Deno.renameSync(`${harness.export}/a/b`, `${outside}/b`);
  for (const path of ["..", "../secrets/file", "way/../../secrets/file"]) {
    throws(() => host.openAt(fd, path), /ENOENT/, path);
  }
  // What the guest had already been given it keeps.
  host.close(host.openAt(fd, "file"));
  Deno.renameSync(`${outside}/b`, `${harness.export}/a/b`);
  const up = host.openAt(fd, "../..", O_DIRECTORY);
  equal(host.fstat(up).ino, top);
  host.close(up);
  host.close(fd);
  stopped(
    'by a passed directory that was moved out of the export for good, to reach what is beside it by ".."',
    "the private clone of the mount (ENOENT); what is in the directory itself stays reachable",
  );
});

test("directories on the way are exchanged, renamed and replaced inside of the export", async (harness) => {
  const { client, host, export: top, isSecret, stopped } = harness;
  for (const name of ["one", "other"]) {
    makeFiles(host, `${top}/${name}`, OPEN);
    Deno.mkdirSync(`${top}/${name}/deep/er`, { recursive: true });
  }
  Deno.writeTextFileSync(`${top}/plain`, OPEN);
  const changes = [
    ...["exchange", `${top}/one/deep`, `${top}/other`],
    ...["move", `${top}/one`, `${top}/moved`],
    ...["exchange", `${top}/plain`, `${top}/one/deep`],
  ];
  const owner = { uid: 7, gid: 7 };
  const shots = [
    shot("LSTAT", { path: "/one/deep/er/../../../../secrets/file" }),
    shot("OPEN", { path: "/one/deep/../file", flags: O_RDWR }),
    shot("MKDIR", { path: "/one/deep/er/new", mode: 0o700, ...owner }),
    shot("RENAME", { old: "/one/deep/er/new", new: "/other/new" }),
    shot("RENAME", { old: "/one/file", new: "/one/deep/er/file" }),
    shot("REMOVE", { path: "/other/new" }),
    shot("REMOVE", { path: "/one/deep/er/new" }),
  ];
  const times = await race(
    changes,
    () =>
      volley(client, shots, ({ errno, value }, { name }) => {
        if (errno !== 0 || name !== "OPEN") return;
        equal(isSecret(host.fstat(value as number)), false);
        host.close(value as number);
      }),
  );
  stopped(
    `${ROUNDS} × requests through directories that a process of the host exchanged, moved and replaced by a file, ${times} times`,
    "the kernel: each name is looked up where the last one was found (ENOENT, ENOTDIR)",
  );
});
