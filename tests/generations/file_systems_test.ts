/** GETVERSION tells what FS_IOC_GETVERSION does, on every file system that has generations, without opening the file. */
import { equal, notEqual } from "node:assert/strict";
import { type FileSystemKind, mountNew } from "../support/file_systems.ts";
import { type RunningHelper, startHelper } from "../support/helpers.ts";
import { Host } from "../support/host.ts";
import { lacking } from "../support/requirements.ts";
import { done, refused } from "../support/said.ts";
import { makeSnapshot, makeSubvolume } from "../support/subvolumes.ts";
import { workspace } from "../support/workspace.ts";

const KINDS = ["ext4", "xfs", "btrfs"] as const;

const lacks = (kind: typeof KINDS[number]) =>
  lacking("root", `mapped ${kind}`).length > 0;

/** Runs `play` on an export of its own kind. */
async function on(
  kind: FileSystemKind,
  prepare: (path: string) => void,
  play: (helper: RunningHelper, path: string, host: Host) => void,
): Promise<void> {
  using host = new Host();
  using mounted = mountNew(kind);
  prepare(mounted.path);
  await using helper = await startHelper({ directory: mounted.path });
  play(helper, mounted.path, host);
}

/** The generation of a file, with what is added to it where it is not on the root's file system. */
function masked(
  { client }: Pick<RunningHelper, "client">,
  host: Host,
  root: string,
  path: string,
): bigint {
  const prefix = done(client.lstat(path)).ino >> 48n;
  equal(prefix === 0n, host.lstat(root).dev === host.lstat(root + path).dev);
  return (host.generation(root + path) ?? 0n) ^ prefix << 16n;
}

for (const kind of KINDS) {
  Deno.test({
    name: `On ${kind} GETVERSION tells the generation of files and directories`,
    ignore: lacks(kind),
    async fn() {
      await on(kind, (path) => {
        for (let i = 0; i < 100; i++) {
          // Numbers that have been used before, and generations with them.
          Deno.writeTextFileSync(`${path}/gone`, "");
          Deno.removeSync(`${path}/gone`);
          Deno.writeTextFileSync(`${path}/file-${i}`, "");
          Deno.mkdirSync(`${path}/directory-${i}`);
        }
      }, ({ client }, path, host) => {
        const names = host.names(path);
        // Twice, as what is known of a file is remembered.
        for (const name of [...names, ".", ...names, "."]) {
          equal(
            done(client.getversion(`/${name}`)),
            host.generation(`${path}/${name}`),
            name,
          );
        }
        host.symlink("file-7", `${path}/link`);
        equal(
          done(client.getversion("/link")),
          host.generation(`${path}/file-7`),
        );
        refused(client.getversion("/nothing"), "ENOENT");
        refused(client.getversion("/file-7/below"), "ENOTDIR");
      });
    },
  });

  Deno.test({
    name: `On ${kind} what takes the place of a file is not taken for it`,
    ignore: lacks(kind),
    async fn() {
      await on(kind, () => {}, ({ client }, path, host) => {
        for (let i = 0; i < 50; i++) {
          Deno.writeTextFileSync(`${path}/name`, "");
          done(client.getversion("/name"));
          Deno.removeSync(`${path}/name`);
          // On ext4 with the same inode number.
          host.mkfifo(`${path}/name`);
          refused(client.getversion("/name"), "ENXIO");
          Deno.removeSync(`${path}/name`);
          Deno.writeTextFileSync(`${path}/name`, "");
          equal(
            done(client.getversion("/name")),
            host.generation(`${path}/name`),
          );
          Deno.removeSync(`${path}/name`);
        }
      });
    },
  });
}

Deno.test({
  name: "On btrfs the same inode number in two subvolumes is two files",
  ignore: lacks("btrfs"),
  async fn() {
    await on("btrfs", (path) => {
      for (const name of ["one", "two"]) {
        makeSubvolume(`${path}/${name}`);
        Deno.writeTextFileSync(`${path}/${name}/first`, "");
      }
      makeSnapshot(`${path}/one`, `${path}/three`);
    }, ({ client }, path, host) => {
      const stats = ["one", "two", "three"].map((name) =>
        host.lstat(`${path}/${name}/first`)
      );
      equal(new Set(stats.map(({ ino }) => ino)).size, 1);
      for (let i = 0; i < 2; i++) {
        for (const name of ["one", "two", "three"]) {
          for (const file of ["", "/first"]) {
            equal(
              done(client.getversion(`/${name}${file}`)),
              masked({ client }, host, path, `/${name}${file}`),
            );
          }
        }
      }
      Deno.removeSync(`${path}/two/first`);
      host.mkfifo(`${path}/two/first`);
      refused(client.getversion("/two/first"), "ENXIO");
      done(client.getversion("/one/first"));
    });
  },
});

for (
  const [outer, inner] of [
    ["ext4", "xfs"],
    ["xfs", "ext4"],
    ["btrfs", "ext4"],
    ["ext4", "ext4"],
    ["ext4", "tmpfs"],
  ] as const
) {
  Deno.test({
    name: `Within ${outer} a mounted ${inner} has generations of its own`,
    ignore: lacks(outer) || inner !== "tmpfs" && lacks(inner),
    async fn() {
      using host = new Host();
      using outside = mountNew(outer);
      Deno.mkdirSync(`${outside.path}/inner`);
      using inside = mountNew(inner, `${outside.path}/inner`);
      for (const { path } of [outside, inside]) {
        Deno.writeTextFileSync(`${path}/file`, "");
        host.mkfifo(`${path}/fifo`);
      }
      await using helper = await startHelper({ directory: outside.path });
      const { client } = helper;
      for (let i = 0; i < 2; i++) {
        for (const name of ["file", "inner", "inner/file"]) {
          equal(
            done(client.getversion(`/${name}`)),
            masked(helper, host, outside.path, `/${name}`),
          );
        }
        refused(client.getversion("/fifo"), "ENXIO");
        refused(client.getversion("/inner/fifo"), "ENXIO");
      }
    },
  });
}

Deno.test({
  name: "A file that nobody may open has its generation told",
  ignore: lacking("root").length > 0,
  async fn() {
    using directory = workspace();
    using host = new Host();
    Deno.writeTextFileSync(`${directory.path}/file`, "");
    const generation = host.generation(`${directory.path}/file`);
    host.chmod(`${directory.path}/file`, 0);
    host.lchown(`${directory.path}/file`, 1234, 1234);
    await using helper = await startHelper({ directory: directory.path });
    equal(done(helper.client.getversion("/file")), generation ?? 0n);
    notEqual(generation, undefined);
  },
});
