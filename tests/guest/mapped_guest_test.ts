/**
 * A real guest that has only some ids works on each file system that can map
 * them: on new files, and on those that were there.
 */
import { deepEqual, equal } from "node:assert/strict";
import { mountNew } from "../support/file_systems.ts";
import { type GuestRun, runGuest } from "../support/guest.ts";
import { Host } from "../support/host.ts";
import { FIRST, MAPPED } from "../support/mapped.ts";
import { lacking } from "../support/requirements.ts";

const KINDS = ["btrfs", "ext4", "tmpfs", "xfs"] as const;
const machine = ["root", "qemu", "kernel", "busybox", "attr"] as const;
const ignore = lacking(
  ...machine,
  "mapped ext4",
  "mapped xfs",
  "mapped btrfs",
  "mapped tmpfs",
).length > 0;

/** Who the guest's users are on the host. */
interface Ids {
  readonly root: string;
  readonly user: string;
}

/** Fills a file system of the share: a tree of the guest's, and files of the host's root. */
function makeFiles(host: Host, path: string, { root, user }: Ids): void {
  const own = (name: string, owner: string) => {
    const [uid = 0, gid = 0] = owner.split(":").map(Number);
    host.lchown(`${path}/${name}`, uid, gid);
  };
  Deno.mkdirSync(`${path}/old/deep`, { recursive: true });
  Deno.mkdirSync(`${path}/strange`);
  for (
    const [name, mode] of [
      ["old/root", 0o600],
      ["old/deep/file", 0o644],
      ["strange/open", 0o644],
      ["strange/closed", 0o600],
    ] as const
  ) {
    Deno.writeTextFileSync(`${path}/${name}`, "old\n");
    host.chmod(`${path}/${name}`, mode);
  }
  host.symlink("file", `${path}/old/deep/link`);
  for (const name of ["", "old", "old/root", "strange"]) own(name, root);
  for (const name of ["old/deep", "old/deep/file", "old/deep/link"]) {
    own(name, user);
  }
}

/** The files of the host's root, as they were. */
const STRANGERS = [
  "strange/closed | f 600 0:0 | 1 links, 4 bytes",
  "strange/open | f 644 0:0 | 1 links, 4 bytes",
];

/** What the host finds afterwards, without contents. */
function expected({ root, user }: Ids): string[] {
  const id = (uid: number, gid: number) => `${FIRST + uid}:${FIRST + gid}`;
  return [
    `all | d 1777 ${root}`,
    `all/sub | d 755 ${user}`,
    `all/sym | l 777 ${user} | -> x`,
    // The set-user-ID bit is set by whoever owns the file.
    `all/theirs | f 4755 ${user} | 1 links, 2 bytes`,
    `dir | d 755 ${root}`,
    `fifo | p 644 ${root}`,
    `file | f 644 ${root} | 1 links, 2 bytes`,
    `given | f 644 ${user} | 1 links, 2 bytes`,
    `link | l 777 ${id(5, 6)} | -> file`,
    `old | d 755 ${root}`,
    `old/deep | d 755 ${user}`,
    `old/deep/moved | f 644 ${user} | 2 links, 16 bytes`,
    `old/hard | f 644 ${user} | 2 links, 16 bytes`,
    `old/root | f 600 ${root} | 1 links, 4 bytes`,
    `strange | d 755 ${root}`,
    ...STRANGERS,
    `suid | f 6755 ${root} | 1 links, 2 bytes`,
    `suid-given | f 711 ${id(7, 7)} | 1 links, 2 bytes`,
  ];
}

/** What the host finds where the guest has no user but root. */
function expectedAlone({ root, user }: Ids): string[] {
  return [
    `all | d 1777 ${root}`,
    `dir | d 755 ${root}`,
    `file | f 4755 ${root} | 1 links, 2 bytes`,
    `old | d 755 ${root}`,
    `old/deep | d 755 ${user}`,
    `old/deep/file | f 644 ${user} | 1 links, 4 bytes`,
    `old/deep/link | l 777 ${user} | -> file`,
    `old/root | f 600 ${root} | 1 links, 9 bytes`,
    `strange | d 755 ${root}`,
    ...STRANGERS,
  ];
}

/** The files below `directory`, without sums and attributes. */
function found({ tree }: GuestRun, directory: string): string[] {
  return tree.filter((line) => line.startsWith(`${directory}/`)).map((line) =>
    line.slice(directory.length + 1)
      .replace(/ \| [0-9a-f]{64}/, "")
      .replace(/ \| (security|btrfs)\.\S*/, "")
  );
}

/** Every command went as it had to, and both programs ended well. */
function expectGoodRun(
  { lines, console, qemu, helper, helperOutput }: GuestRun,
) {
  const work = lines.get("");
  equal(work === undefined, false, `The work has no end:\n${console}`);
  deepEqual(
    work!.flatMap((line, at) =>
      line.startsWith("UNEXPECTED")
        ? [work!.slice(Math.max(0, at - 4), at + 1).join("\n")]
        : []
    ),
    [],
  );
  deepEqual(
    [qemu.code, helper.code, helper.signal],
    [0, 0, null],
    helperOutput,
  );
}

Deno.test({
  name:
    "a guest with mapped ids works on ext4, xfs, btrfs and tmpfs, and all is the host's ids'",
  ignore,
  async fn() {
    using share = mountNew("tmpfs");
    using host = new Host();
    using mounts = new DisposableStack();
    const ids = {
      root: `${FIRST}:${FIRST}`,
      user: `${FIRST + 1000}:${FIRST + 1000}`,
    };
    for (const kind of KINDS) {
      Deno.mkdirSync(`${share.path}/${kind}`);
      mounts.use(mountNew(kind, `${share.path}/${kind}`));
      makeFiles(host, `${share.path}/${kind}`, ids);
    }
    // A file system that is made with one.
    for (const kind of ["ext4"]) {
      Deno.removeSync(`${share.path}/${kind}/lost+found`);
    }
    const run = await runGuest("ours", "inherited", {
      job: "mapped.sh",
      args: MAPPED,
      share: share.path,
    });
    expectGoodRun(run);
    for (const kind of KINDS) deepEqual(found(run, kind), expected(ids), kind);
  },
});

Deno.test({
  name: "a guest whose root is one user of the host's has nobody else",
  ignore,
  async fn() {
    using share = mountNew("ext4");
    using host = new Host();
    // On every Debian: base-passwd has it.
    const ids = { root: "5:60", user: "1000:1000" };
    Deno.mkdirSync(`${share.path}/alone`);
    makeFiles(host, `${share.path}/alone`, ids);
    Deno.removeSync(`${share.path}/lost+found`);
    const run = await runGuest("ours", "inherited", {
      job: "mapped.sh",
      args: ["--map-root=games"],
      share: share.path,
    });
    expectGoodRun(run);
    deepEqual(found(run, "alone"), expectedAlone(ids));
  },
});
