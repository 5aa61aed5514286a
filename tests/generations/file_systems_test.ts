/** GETVERSION tells what FS_IOC_GETVERSION does, on every file system that has generations, without opening the file. */
import { equal, notEqual } from "node:assert/strict";
import { type FileSystemKind, mountNew } from "../support/file_systems.ts";
import { type RunningHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { testsThatNeed } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { makeSnapshot, makeSubvolume } from "../support/subvolumes.ts";

const KINDS = ["ext4", "xfs", "btrfs"] as const;

interface Harness {
  readonly client: RunningHelper["client"];
  readonly host: Host;
  /** The export as the host sees it. */
  readonly path: string;
  /** The generation of a file, with what is added to it where it is not on the root's file system. */
  readonly masked: (path: string) => bigint;
}

/** Runs `play` on an export of its own kind. */
async function on(
  kind: FileSystemKind,
  prepare: (path: string, host: Host) => void,
  play: (harness: Harness) => void,
): Promise<void> {
  using host = new Host();
  using mounted = mountNew(kind);
  const top = mounted.path;
  prepare(top, host);
  await using helper = await startHelper({ directory: top });
  const { client } = helper;
  play({
    client,
    host,
    path: top,
    masked(path) {
      const prefix = done(client.lstat(path)).ino >> 48n;
      equal(prefix === 0n, host.lstat(top).dev === host.lstat(top + path).dev);
      return (host.generation(top + path) ?? 0n) ^ prefix << 16n;
    },
  });
}

for (const kind of KINDS) {
  const test = testsThatNeed("root", `mapped ${kind}`);

  test(`On ${kind} GETVERSION tells the generation of files and directories`, async () => {
    await on(kind, (path) => {
      for (let i = 0; i < 100; i++) {
        // Numbers that have been used before, and generations with them.
        Deno.writeTextFileSync(`${path}/gone`, "");
        Deno.removeSync(`${path}/gone`);
        Deno.writeTextFileSync(`${path}/file-${i}`, "");
        Deno.mkdirSync(`${path}/directory-${i}`);
      }
    }, ({ client, path, host }) => {
      const names = host.names(path);
      // Twice, as what is known of a file is remembered.
      for (const name of [...names, ".", ...names, "."]) {
        const generation = host.generation(`${path}/${name}`);
        equal(done(client.getversion(`/${name}`)), generation, name);
      }
      host.symlink("file-7", `${path}/link`);
      const generation = host.generation(`${path}/file-7`);
      equal(done(client.getversion("/link")), generation);
      refused(client.getversion("/nothing"), "ENOENT");
      refused(client.getversion("/file-7/below"), "ENOTDIR");
    });
  });

  test(`On ${kind} what takes the place of a file is not taken for it`, async () => {
    await on(kind, () => {}, ({ client, path, host }) => {
      const name = `${path}/name`;
      for (let i = 0; i < 50; i++) {
        Deno.writeTextFileSync(name, "");
        done(client.getversion("/name"));
        Deno.removeSync(name);
        // On ext4 with the same inode number.
        host.mkfifo(name);
        refused(client.getversion("/name"), "ENXIO");
        Deno.removeSync(name);
        Deno.writeTextFileSync(name, "");
        equal(done(client.getversion("/name")), host.generation(name));
        Deno.removeSync(name);
      }
    });
  });
}

testsThatNeed("root", "mapped btrfs")(
  "On btrfs the same inode number in two subvolumes is two files",
  async () => {
    const names = ["one", "two", "three"];
    await on("btrfs", (path) => {
      for (const name of ["one", "two"]) {
        makeSubvolume(`${path}/${name}`);
        Deno.writeTextFileSync(`${path}/${name}/first`, "");
      }
      makeSnapshot(`${path}/one`, `${path}/three`);
    }, ({ client, path, host, masked }) => {
      const stats = names.map((name) => host.lstat(`${path}/${name}/first`));
      equal(new Set(stats.map(({ ino }) => ino)).size, 1);
      for (let i = 0; i < 2; i++) {
        for (const name of names) {
          for (const file of [`/${name}`, `/${name}/first`]) {
            equal(done(client.getversion(file)), masked(file));
          }
        }
      }
      Deno.removeSync(`${path}/two/first`);
      host.mkfifo(`${path}/two/first`);
      refused(client.getversion("/two/first"), "ENXIO");
      done(client.getversion("/one/first"));
    });
  },
);

for (
  const [outer, inner] of [
    ["ext4", "xfs"],
    ["xfs", "ext4"],
    ["btrfs", "ext4"],
    ["ext4", "ext4"],
    ["ext4", "tmpfs"],
  ] as const
) {
  const test = testsThatNeed(
    ...["root", `mapped ${outer}`] as const,
    inner === "tmpfs" ? "root" : `mapped ${inner}`,
  );
  test(`Within ${outer} a mounted ${inner} has generations of its own`, async () => {
    using stack = new DisposableStack();
    await on(outer, (path, host) => {
      Deno.mkdirSync(`${path}/inner`);
      stack.use(mountNew(inner, `${path}/inner`));
      for (const place of [path, `${path}/inner`]) {
        Deno.writeTextFileSync(`${place}/file`, "");
        host.mkfifo(`${place}/fifo`);
      }
    }, ({ client, masked }) => {
      for (let i = 0; i < 2; i++) {
        for (const file of ["/file", "/inner", "/inner/file"]) {
          equal(done(client.getversion(file)), masked(file));
        }
        refused(client.getversion("/fifo"), "ENXIO");
        refused(client.getversion("/inner/fifo"), "ENXIO");
      }
    });
  });
}

testsThatNeed("root")(
  "A file that nobody may open has its generation told",
  async () => {
    using host = new Host();
    await using helper = await startHelper();
    const file = `${helper.directory}/file`;
    Deno.writeTextFileSync(file, "");
    const generation = host.generation(file);
    host.chmod(file, 0);
    host.lchown(file, 1234, 1234);
    equal(done(helper.client.getversion("/file")), generation ?? 0n);
    notEqual(generation, undefined);
  },
);
