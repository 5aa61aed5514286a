/** Several file systems below one export: each file has a number and a generation of its own. */
import {
  deepEqual,
  doesNotMatch,
  equal,
  match,
  notEqual,
  ok,
} from "node:assert/strict";
import { otherFileSystems, parseMounts } from "../../src/jail/mount_table.ts";
import { type FileSystemKind, mountNew } from "../support/file_systems.ts";
import { type RunningHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { shell } from "../support/processes.ts";
import { type Need, testsThatNeed } from "../support/requirements.ts";
import { done } from "../support/said.ts";
import { makeSnapshot, makeSubvolume } from "../support/subvolumes.ts";

type Client = RunningHelper["client"];

const mountTest = testsThatNeed("root", "mount");
const btrfsTest = testsThatNeed("root", "mapped btrfs");

const PLACES = ["", "one/", "two/"] as const;
const NAMES = ["", "a", "d", "d/c", "link", "fifo"] as const;
/** A name for each file that there is. */
const PATHS = PLACES.flatMap((place) => NAMES.map((name) => place + name));

function makeFiles(host: Host, path: string): void {
  Deno.writeTextFileSync(`${path}/a`, "");
  Deno.mkdirSync(`${path}/d`);
  Deno.writeTextFileSync(`${path}/d/c`, "");
  host.symlink("a", `${path}/link`);
  host.mkfifo(`${path}/fifo`);
  host.link(`${path}/a`, `${path}/b`);
}

/** An export with `one` and `two` in it, each a file system with the same files. */
function severalOf(kind: FileSystemKind, host: Host) {
  const stack = new DisposableStack();
  const { path } = stack.use(mountNew(kind));
  makeFiles(host, path);
  for (const name of ["one", "two"]) {
    if (kind === "btrfs") makeSubvolume(`${path}/${name}`);
    else {
      Deno.mkdirSync(`${path}/${name}`);
      stack.use(mountNew(kind, `${path}/${name}`));
    }
    makeFiles(host, `${path}/${name}`);
  }
  return { path, [Symbol.dispose]: () => stack.dispose() };
}

const prefixOf = (client: Client, path: string): bigint =>
  done(client.lstat(path)).ino >> 48n;

/** The same, in 5000 bytes. */
const long = (path: string): string => "/.".repeat(2500) + path;

for (const kind of ["tmpfs", "ext4", "xfs", "btrfs"] as const) {
  const need: Need = kind === "tmpfs" ? "mount" : `mapped ${kind}`;
  const test = testsThatNeed("root", need);

  test(`On several ${kind} no number occurs twice`, async () => {
    using host = new Host();
    using share = severalOf(kind, host);
    await using helper = await startHelper({ directory: share.path });
    const { client } = helper;
    const own = PATHS.map((path) => host.lstat(`${share.path}/${path}`));
    // It is about files that have the same.
    ok(own.length - new Set(own.map(({ ino }) => ino)).size > 3);
    const told = PATHS.map((path) => done(client.lstat(`/${path}`)));
    equal(new Set(told.map(({ ino }) => ino)).size, PATHS.length);
    for (const [at, path] of PATHS.entries()) {
      const expected = own[at]!;
      const { ino } = told[at]!;
      deepEqual({ ...told[at], ino: ino & 0xffffffffffffn }, expected, path);
      equal(ino === expected.ino, at < NAMES.length, path);
      equal(done(client.lstat(`/${path}`)).ino, ino, path);
      equal(done(client.lstat(long(`/${path}`))).ino, ino, path);
    }
    for (const place of PLACES) {
      equal(
        done(client.lstat(`/${place}b`)).ino,
        done(client.lstat(`/${place}a`)).ino,
      );
    }
  });

  test(`On several ${kind} a generation is told apart by its file system`, async () => {
    using host = new Host();
    using share = severalOf(kind, host);
    await using helper = await startHelper({ directory: share.path });
    const { client } = helper;
    equal(prefixOf(client, "/"), 0n);
    const prefixes = PLACES.map((place) => prefixOf(client, `/${place}`));
    equal(new Set(prefixes).size, PLACES.length);
    // Twice, as what is known of a file is remembered.
    for (let i = 0; i < 2; i++) {
      for (const [at, place] of PLACES.entries()) {
        for (const name of ["", "a", "d", "d/c", "link"]) {
          const path = `/${place}${name}`;
          const own = kind === "tmpfs"
            ? 0n
            : host.generation(`${share.path}${path}`) ?? 0n;
          const expected = own ^ prefixes[at]! << 16n;
          equal(done(client.getversion(path)), expected, path);
          equal(done(client.getversion(long(path))), expected, path);
        }
      }
    }
  });
}

mountTest(
  "Without generations and with one file system all of them are 0",
  async () => {
    using host = new Host();
    using share = severalOf("tmpfs", host);
    await using helper = await startHelper({ directory: share.path });
    const { client } = helper;
    for (const path of ["/", "/a", "/one/a", "/nothing", long("/one/a")]) {
      equal(done(client.getversion(path)), 0n, path);
    }
    // QEMU has always asked for the number before.
    done(client.lstat("/one/a"));
    for (const path of ["/", "/a", "/nothing", long("/nothing")]) {
      equal(done(client.getversion(path)), 0n, path);
    }
    notEqual(done(client.getversion("/one/a")), 0n);
  },
);

btrfsTest(
  "A file of a snapshot is not the one that it was taken of",
  async () => {
    using host = new Host();
    using share = mountNew("btrfs");
    makeSubvolume(`${share.path}/of`);
    makeFiles(host, `${share.path}/of`);
    makeSnapshot(`${share.path}/of`, `${share.path}/taken`);
    await using helper = await startHelper({ directory: share.path });
    const { client } = helper;
    for (const name of ["", "/a", "/d", "/d/c"]) {
      const [of, taken] = ["/of", "/taken"].map((place) => place + name);
      equal(
        host.lstat(share.path + of).ino,
        host.lstat(share.path + taken).ino,
      );
      notEqual(done(client.lstat(of!)).ino, done(client.lstat(taken!)).ino);
      if (name === "") continue;
      equal(
        host.generation(share.path + of),
        host.generation(share.path + taken),
      );
      notEqual(done(client.getversion(of!)), done(client.getversion(taken!)));
    }
  },
);

/** What a helper says that serves `directory`. */
async function said(directory: string, ...args: string[]): Promise<string> {
  await using helper = await startHelper({ directory, args });
  done(helper.client.lstat("/"));
  return await helper.finish();
}

mountTest(
  "Other file systems in the export are named at the start",
  async () => {
    using host = new Host();
    using share = severalOf("tmpfs", host);
    const output = await said(share.path);
    const { path } = share;
    const places = `${path}/one, ${path}/two`;
    ok(
      output.includes(
        `info: Other file systems in the export: ${places}; a guest `,
      ),
      output,
    );
    const line = (await said(share.path, "--log-format=json")).split("\n")
      .find((line) => line.includes("Other file systems"));
    equal(JSON.parse(line!).places, places);
    doesNotMatch(await said(`${path}/one`), /Other file systems/);
  },
);

btrfsTest(
  "A subvolume that is mounted is another file system, a directory that is bound is not",
  async () => {
    using share = mountNew("btrfs");
    const { path } = share;
    for (const name of ["bound", "mounted", "from"]) {
      Deno.mkdirSync(`${path}/${name}`);
    }
    makeSubvolume(`${path}/sub`);
    // Not undone: what it is mounted on is unmounted with all that is in it.
    const bind =
      'cd "$1" && mount --bind from bound && mount --bind sub mounted';
    await shell(bind, path);
    match(
      await said(path),
      /file systems in the export: \S+\/mounted; a guest/,
    );
  },
);

Deno.test("otherFileSystems() are of another device or subvolume than the first", () => {
  const mounts = parseMounts(`\
27 1 254:0 / /srv rw - btrfs /dev/vda rw,subvolid=5,subvol=/
40 27 254:0 /a /srv/bound rw - btrfs /dev/vda rw,subvolid=5,subvol=/
41 27 254:0 /b /srv/subvolume rw - btrfs /dev/vda rw,subvolid=256,subvol=/b
42 27 0:32 / /srv/tmp rw - tmpfs none rw
43 27 0:33 / /srv/plain rw - tmpfs none
`);
  deepEqual(otherFileSystems(mounts).map(({ path }) => path), [
    "/srv/subvolume",
    "/srv/tmp",
    "/srv/plain",
  ]);
  deepEqual(otherFileSystems(mounts.slice(0, 2)), []);
  deepEqual(otherFileSystems([]), []);
});
