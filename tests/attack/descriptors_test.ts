/** Where the descriptors that QEMU has been given lead it, as a user and as root. */
import { equal, ok } from "node:assert/strict";
import { AT_FDCWD, O_NOFOLLOW, O_PATH, O_RDONLY } from "../../ffi/constants.ts";
import {
  type AttackOptions,
  attacksThatNeed,
  type Harness,
} from "../support/attack.ts";
import {
  asUser,
  type Attempt,
  attempt,
  makeFilesForHolder,
  NOBODY,
  type Passed,
} from "../support/attack_holder.ts";
import type { Need } from "../support/requirements.ts";

const options: AttackOptions = {
  prepare(place) {
    const { host, export: top, secrets } = place;
    makeFilesForHolder(place);
    host.symlink(`${secrets}/file`, `${top}/absolute`);
    host.symlink("../secrets/file", `${top}/relative`);
    host.symlink("/proc/self/root", `${top}/magic`);
  },
};
const NEEDS = ["root", "xattrs", "setpriv", "perl"] as const;
const test = attacksThatNeed(NEEDS, options);

/** openat2(2): RESOLVE_NO_XDEV, NO_MAGICLINKS, NO_SYMLINKS, BENEATH, IN_ROOT, CACHED. */
const RESOLVE = [0, 1, 2, 4, 8, 16, 32];

/** `struct open_how`: flags, mode, resolve. */
function how(flags: number, resolve: number): Uint8Array {
  const words = [BigInt(flags), 0n, BigInt(resolve)];
  return new Uint8Array(new BigUint64Array(words).buffer);
}

/** To open a path from the working directory, which is the attempt's name. */
const openHere = (path: string): Attempt => ({
  name: path,
  call: "openat",
  args: [AT_FDCWD, path, O_RDONLY],
  opens: true,
});

/** Every way up, with every way to walk. */
function walks({ top, inner }: Passed, { secrets }: Harness): Attempt[] {
  const paths = [
    [top, ".."],
    [top, "../secrets/file"],
    [top, "inner/../../secrets/file"],
    [top, "relative"],
    [top, "absolute"],
    [top, `magic${secrets}/file`],
    [inner, ".."],
    [inner, "../.."],
    [inner, "../../secrets/file"],
    [inner, "../relative"],
    [AT_FDCWD, `/proc/self/fd/${inner}/../../secrets/file`],
    [AT_FDCWD, `/proc/self/fd/${top}/..`],
    [AT_FDCWD, `/proc/self/fd/${top}/relative`],
    [AT_FDCWD, `/proc/self/cwd/../secrets/file`],
  ] as const;
  return [
    { name: "fchdir", call: "fchdir", args: [inner] },
    ...paths.flatMap(([directory, path]) =>
      RESOLVE.flatMap((resolve) =>
        [O_RDONLY, O_PATH, O_PATH | O_NOFOLLOW].map((flags): Attempt => ({
          name: `openat2 ${path} from ${directory}, ${flags}, ${resolve}`,
          call: "openat2",
          args: [directory, path, how(flags, resolve), 24],
          opens: true,
        }))
      )
    ),
    ...["..", "../..", "../../secrets/file", "../secrets/file"].map(openHere),
  ];
}

/** Holds that each walk has ended inside or nowhere; returns how many there were. */
function expectInside(
  outcomes: readonly { readonly name: string; readonly outcome: string }[],
  { host, export: top, outside, secrets }: Harness,
  own: readonly string[],
): number {
  const forbidden = new Set(
    [outside, secrets, `${secrets}/file`].map((path) =>
      `inode ${host.lstat(path).ino}`
    ),
  );
  let up = 0;
  for (const { name, outcome } of outcomes) {
    // A symlink with an absolute target is one in the holder's own root: by its own rights, not by the descriptor's.
    if (own.some((link) => name.includes(link))) continue;
    equal(forbidden.has(outcome), false, `${name}: ${outcome}`);
    if (outcome === `inode ${host.lstat(top).ino}`) up++;
  }
  ok(up > 0, "No walk has come as far as the top of the export");
  return outcomes.length;
}

test("openat2(2), fchdir(2) and /proc/self/fd lead a user no way up", async (harness) => {
  const outcomes = await attempt(
    harness,
    asUser(NOBODY),
    (passed) => walks(passed, harness),
  );
  const count = expectInside(outcomes, harness, []);
  harness.stopped(
    `${count} × openat2(2) with every RESOLVE_ flag, fchdir(2), /proc/self/fd/N/.., symlinks: up from passed directories, as a user`,
    "the private mount, whose root has nothing above it; what an absolute symlink names the user opens by its own rights alone (EACCES)",
  );
});

test("openat2(2), fchdir(2) and /proc/self/fd lead root no way up", async (harness) => {
  const outcomes = await attempt(
    harness,
    [],
    (passed) => walks(passed, harness),
  );
  const count = expectInside(outcomes, harness, ["absolute", "magic"]);
  harness.stopped(
    `${count} × the same as root`,
    "the private mount; but root follows an absolute symlink in its own root, and needs no descriptor for that",
  );
});

/** Moves the root below the working directory, so that `..` never meets it: the classic way out of a chroot. */
function secondChroot({ top, inner }: Passed): Attempt[] {
  return [
    { name: "fchdir", call: "fchdir", args: [top] },
    { name: "chroot", call: "chroot", args: [`/proc/self/fd/${inner}`] },
    ...["..", "../..", "../../../..", "../secrets/file"].map(openHere),
  ];
}

for (
  const [who, wrapper, needs] of [
    ["root", [], []],
    [
      "root of a user namespace",
      [...asUser(NOBODY), "unshare", "--user", "--map-root-user"],
      ["unshare", "user namespaces"],
    ],
  ] as const satisfies [string, string[], Need[]][]
) {
  const test = attacksThatNeed([...NEEDS, ...needs], options);
  test(`a second chroot leads ${who} no way up`, async (harness) => {
    const outcomes = await attempt(harness, wrapper, secondChroot);
    const outcomeOf = (wanted: string) =>
      outcomes.find(({ name }) => name === wanted)?.outcome;
    equal(outcomeOf("chroot"), "done");
    expectInside(outcomes, harness, []);
    equal(outcomeOf("../secrets/file"), "ENOENT");
    harness.stopped(
      `chroot(2) into a passed directory with the working directory above it, and "..", as ${who}`,
      "the private mount: its root ends the climb where no root directory does",
    );
  });
}
