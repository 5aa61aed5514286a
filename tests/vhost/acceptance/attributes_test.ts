/** Requests on an inode: attributes, symlinks, the file system. */
import { equal } from "node:assert/strict";
import { O_RDWR, S_IFCHR } from "../../../ffi/constants.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import {
  access,
  type Changes,
  getattr,
  readlink,
  setattr,
  statfs,
  statx,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { open } from "../../../src/vhost_user_fs/client/requests/files.ts";
import { unlink } from "../../../src/vhost_user_fs/client/requests/names.ts";
import { nodeOf } from "../support/share_files.ts";
import {
  forEachServer,
  type Place,
  sameAsHost,
  type Trial,
} from "../support/each_server.ts";

const KINDS = ["file", "dir", "link", "fifo", "null"];
const SECOND = 1_000_000_000n;

function makeFiles({ host, path }: Place): void {
  Deno.writeTextFileSync(path("file"), "hello");
  Deno.mkdirSync(path("dir"));
  host.symlink("file", path("link"));
  host.mkfifo(path("fifo"));
  host.mknod(path("null"), S_IFCHR | 0o600, 0x103n);
}

/** Changes `name`, and holds the answer against what the host sees then. */
function change(trial: Trial, name: string, changes: Changes): void {
  const { attributes } = trial.must(setattr(nodeOf(trial, name), changes));
  sameAsHost(attributes, trial.host, trial.path(name));
}

forEachServer("GETATTR says what the host sees, at once", (trial) => {
  const { host, path } = trial;
  const nodes = KINDS.map((name) => [name, nodeOf(trial, name)] as const);
  sameAsHost(trial.must(getattr(ROOT)).attributes, host, path(""));
  Deno.writeTextFileSync(path("file"), "longer than before");
  host.chmod(path("dir"), 0o3711);
  host.lchown(path("link"), 7, 8);
  host.lchown(path("fifo"), 4_000_000_000, 4_000_000_001);
  for (const [name, node] of nodes) {
    const { attributes, valid } = trial.must(getattr(node));
    sameAsHost(attributes, host, path(name));
    equal(valid, SECOND);
  }
  trial.expect("GETATTR of an unknown node", getattr(987_654), "ESTALE");
}, { prepare: makeFiles });

forEachServer("GETATTR of a file that was removed", (trial) => {
  const node = nodeOf(trial, "file");
  const { fh } = trial.must(open(node, O_RDWR));
  trial.must(unlink(ROOT, "file"));
  for (const request of [getattr(node), getattr(node, fh)]) {
    const { attributes } = trial.must(request);
    equal(attributes.nlink, 0);
    equal(attributes.size, 5n);
  }
}, { prepare: makeFiles });

forEachServer("SETATTR of the mode", (trial) => {
  for (const name of ["file", "dir", "fifo", "null"]) {
    change(trial, name, { mode: 0o640 });
    equal(trial.host.lstat(trial.path(name)).mode & 0o7777, 0o640);
    change(trial, name, { mode: 0o7777 });
  }
  trial.expect(
    "chmod of a symlink",
    setattr(nodeOf(trial, "link"), { mode: 0o600 }),
    "EOPNOTSUPP",
  );
  trial.expect(
    "SETATTR of an unknown node",
    setattr(987_654, { mode: 0o600 }),
    "ESTALE",
  );
}, { prepare: makeFiles });

forEachServer("SETATTR of the owner", (trial) => {
  const { host, path } = trial;
  for (const name of KINDS) {
    change(trial, name, { uid: 12 });
    change(trial, name, { gid: 4_000_000_000 });
    const { uid, gid } = host.lstat(path(name));
    equal(`${uid}:${gid}`, "12:4000000000", name);
    change(trial, name, { uid: 1, gid: 2 });
  }
  change(trial, "file", { mode: 0o6755 });
  change(trial, "file", { uid: 5 });
  equal((host.lstat(path("file")).mode & 0o7777).toString(8), "755");
}, { prepare: makeFiles });

forEachServer("SETATTR of the size", (trial) => {
  const { host, path } = trial;
  const node = nodeOf(trial, "file");
  const { fh } = trial.must(open(node, O_RDWR));
  for (const size of [3, 1_000_000, 0, 5_000_000_000]) {
    change(trial, "file", { size });
    equal(host.lstat(path("file")).size, BigInt(size));
    change(trial, "file", { size: 1 });
    change(trial, "file", { size, fh });
    equal(host.lstat(path("file")).size, BigInt(size));
  }
  const rows: [string, number, Changes, string][] = [
    ["of a directory", nodeOf(trial, "dir"), { size: 0 }, "EISDIR"],
    ["of a symlink", nodeOf(trial, "link"), { size: 0 }, "EINVAL"],
    ["of a FIFO", nodeOf(trial, "fifo"), { size: 0 }, "EINVAL"],
    ["of a device", nodeOf(trial, "null"), { size: 0 }, "EINVAL"],
    ["to a negative one", node, { size: -1n }, "EINVAL"],
    ["to more than files can have", node, { size: (1n << 63n) - 1n }, "EFBIG"],
    ["by a handle that nobody has", node, { size: 0, fh: 99_999n }, "EBADF"],
  ];
  for (const [what, at, changes, errno] of rows) {
    trial.expect(`SETATTR of the size ${what}`, setattr(at, changes), errno);
  }
}, { prepare: makeFiles });

forEachServer("SETATTR of times", (trial) => {
  const { host, path } = trial;
  for (const name of KINDS) {
    const atime = 1_000_000_001n * SECOND + 123_456_789n;
    const mtime = -5n * SECOND + 999_999_999n;
    change(trial, name, { atime, mtime });
    equal(host.lstat(path(name)).atime, atime);
    equal(host.lstat(path(name)).mtime, mtime);
    change(trial, name, { atime: 0n });
    equal(host.lstat(path(name)).mtime, mtime, "one of them alone");
    change(trial, name, { mtime: 4_000_000_000n * SECOND });
    equal(host.lstat(path(name)).atime, 0n);
    change(trial, name, { atime: "now", mtime: "now" });
    const late = BigInt(Date.now() - 60_000) * 1_000_000n;
    equal(host.lstat(path(name)).atime > late, true);
    equal(host.lstat(path(name)).mtime > late, true);
  }
  // A billionth nanosecond, which split() never makes.
  const request = setattr(nodeOf(trial, "file"), { mtime: 5n });
  request.args.set([0, 202, 154, 59], 60);
  trial.expect("SETATTR of a second too long", request, "EINVAL");
}, { prepare: makeFiles });

forEachServer("SETATTR of all at once", (trial) => {
  const all = {
    mode: 0o604,
    uid: 3,
    gid: 4,
    size: 2,
    atime: 5n * SECOND,
    mtime: 6n * SECOND,
  };
  change(trial, "file", all);
  const { mode, uid, gid, size, atime, mtime } = trial.host.lstat(
    trial.path("file"),
  );
  equal(
    [mode & 0o7777, uid, gid, size, atime, mtime].join(),
    [0o604, 3, 4, 2, all.atime, all.mtime].join(),
  );
  change(trial, "file", {});
  change(trial, "file", { extra: 0x600 });
}, { prepare: makeFiles });

forEachServer("SETATTR of a file that was removed", (trial) => {
  const node = nodeOf(trial, "file");
  const { fh } = trial.must(open(node, O_RDWR));
  trial.must(unlink(ROOT, "file"));
  for (
    const changes of [{ mode: 0o600 }, { uid: 3 }, { size: 9 }, {
      mtime: SECOND,
    }] as Changes[]
  ) {
    trial.must(setattr(node, changes));
    trial.must(setattr(node, { ...changes, fh }));
  }
  const { attributes } = trial.must(getattr(node));
  equal(
    [
      attributes.mode & 0o7777,
      attributes.uid,
      attributes.size,
      attributes.mtime,
    ].join(),
    `${0o600},3,9,${SECOND}`,
  );
}, { prepare: makeFiles });

forEachServer("SETATTR drops set-id bits where that is asked for", (trial) => {
  const { host, path } = trial;
  host.chmod(path("file"), 0o6755);
  const node = nodeOf(trial, "file");
  trial.must(setattr(node, { size: 1, killSuidGid: true }));
  const mode = () => (host.lstat(path("file")).mode & 0o7777).toString(8);
  equal(mode(), "755");
  const { fh } = trial.must(open(node, O_RDWR));
  host.chmod(path("file"), 0o6755);
  trial.must(setattr(node, { size: 2, fh }));
  equal(mode(), "6755");
  trial.must(setattr(node, { size: 3, fh, killSuidGid: true }));
  trial.observe("set-id bits of a file that was open", mode(), "755");
}, { prepare: makeFiles, killprivV2: true });

forEachServer("READLINK", (trial) => {
  const { host, path } = trial;
  host.symlink("t".repeat(4095), path("long"));
  equal(trial.must(readlink(nodeOf(trial, "link"))), "file");
  equal(trial.must(readlink(nodeOf(trial, "long"))).length, 4095);
  for (const name of ["file", "dir", "fifo"]) {
    trial.expect(
      `READLINK of a ${name}`,
      readlink(nodeOf(trial, name)),
      "ENOENT",
    );
  }
  trial.expect("READLINK of an unknown node", readlink(987_654), "ESTALE");
}, { prepare: makeFiles });

forEachServer("STATFS", (trial) => {
  const host = trial.host.statfs(trial.path(""));
  const seen = trial.must(statfs(ROOT));
  equal(
    [seen.blocks, seen.files, seen.bsize, seen.namelen, seen.frsize].join(),
    [host.blocks, host.files, host.bsize, host.namelen, host.frsize].join(),
  );
  trial.must(statfs(nodeOf(trial, "link")));
  trial.expect("STATFS of an unknown node", statfs(987_654), "ESTALE");
}, { prepare: makeFiles });

forEachServer("ACCESS", (trial) => {
  const { host, path } = trial;
  host.chmod(path("file"), 0o640);
  host.lchown(path("file"), 5, 6);
  const node = nodeOf(trial, "file");
  const as = (uid: number, gid: number, mask: number) =>
    trial.session.as(
      { uid, gid },
      () => trial.session.ask(access(node, mask)).errno,
    );
  const seen = [
    as(0, 0, 6),
    as(0, 0, 1),
    as(5, 0, 6),
    as(5, 0, 1),
    as(9, 6, 4),
    as(9, 6, 2),
    as(9, 9, 0),
    as(9, 9, 4),
  ];
  trial.observe("ACCESS of eight kinds", seen.join(), "0,13,0,13,0,13,0,13");
}, { prepare: makeFiles });

forEachServer("STATX", (trial) => {
  const request: Request<{ ino: bigint; btime: bigint }> = statx(
    nodeOf(trial, "file"),
  );
  const seen = trial.expect("STATX", request);
  if (seen === undefined) return;
  equal(seen.ino, trial.host.lstat(trial.path("file")).ino);
  equal(seen.btime > 0n, true);
}, { prepare: makeFiles });
