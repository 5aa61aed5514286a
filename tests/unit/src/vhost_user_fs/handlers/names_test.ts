/** LOOKUP and what makes, moves and removes names. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { S_IFIFO, S_IFMT } from "../../../../../ffi/constants.ts";
import { ROOT } from "../../../../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  readlink,
} from "../../../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  create,
  link,
  lookup,
  mkdir,
  mknod,
  rename,
  rename2,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  RENAME_WHITEOUT,
  rmdir,
  symlink,
  unlink,
} from "../../../../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../../../../src/vhost_user_fs/client/requests/session.ts";
import { Mount } from "../support/mount.ts";
import { onEachFileSystem } from "../support/places.ts";

const SECOND = 1_000_000_000n;

onEachFileSystem("LOOKUP: one node for one file, counted exactly", (path) => {
  using mount = new Mount({ path });
  Deno.writeTextFileSync(`${path}/a`, "1");
  Deno.linkSync(`${path}/a`, `${path}/b`);
  const before = mount.descriptors();
  const a = mount.must(lookup(ROOT, "a"));
  equal(mount.descriptors(), before + 1);
  const b = mount.must(lookup(ROOT, "b"));
  equal(a.nodeid, b.nodeid);
  equal(mount.descriptors(), before + 1);
  deepEqual([a.entryValid, a.attrValid], [SECOND, SECOND]);
  equal(a.attributes.nlink, 2);
  equal(a.attributes.ino, BigInt(Deno.statSync(`${path}/a`).ino!));
  mount.forget(a.nodeid);
  equal(mount.descriptors(), before + 1);
  equal(mount.fails(getattr(a.nodeid)), "ok");
  mount.forget(a.nodeid);
  equal(mount.descriptors(), before);
  equal(mount.fails(getattr(a.nodeid)), "ESTALE");
  const again = mount.must(lookup(ROOT, "a"));
  notEqual(again.nodeid, a.nodeid);
  // What has no right to it any more takes nothing away.
  mount.forget(a.nodeid, 100);
  equal(mount.fails(getattr(again.nodeid)), "ok");
  // More than there is, is all.
  mount.ask(forget(again.nodeid, Number.MAX_SAFE_INTEGER));
  equal(mount.descriptors(), before);
});

onEachFileSystem("LOOKUP: errors", (path) => {
  using mount = new Mount({ path });
  Deno.writeTextFileSync(`${path}/file`, "");
  const before = mount.descriptors();
  const file = mount.must(lookup(ROOT, "file")).nodeid;
  equal(mount.fails(lookup(ROOT, "missing")), "ENOENT");
  equal(mount.fails(lookup(file, "x")), "ENOTDIR");
  equal(mount.fails(lookup(12345, "x")), "ESTALE");
  equal(mount.fails(lookup(0, "x")), "ESTALE");
  for (const name of ["", ".", "..", "a/b", "/", "/etc/passwd", "../x"]) {
    equal(mount.fails(lookup(ROOT, name)), "EINVAL", name);
  }
  equal(mount.fails(lookup(ROOT, "n".repeat(256))), "ENAMETOOLONG");
  equal(mount.fails(lookup(ROOT, "n".repeat(255))), "ENOENT");
  // Three dots are a name.
  equal(mount.fails(lookup(ROOT, "...")), "ENOENT");
  equal(mount.fails(lookup(ROOT, ".a")), "ENOENT");
  mount.forget(file);
  equal(mount.descriptors(), before);
});

onEachFileSystem("Names with anything else in them are names", (path) => {
  using mount = new Mount({ path });
  const names = ["\x01", "a b", "é", "x".repeat(255), "-", "\\", "...", "\n"]
    .map((name) => new TextEncoder().encode(name));
  names.push(new Uint8Array([0xff, 0xfe]));
  for (const name of names) {
    const made = mount.must(mkdir(ROOT, name, 0o755));
    equal(mount.must(lookup(ROOT, name)).nodeid, made.nodeid);
    mount.must(rmdir(ROOT, name));
    mount.forget(made.nodeid, 2);
  }
  deepEqual([...Deno.readDirSync(path)], []);
});

onEachFileSystem("What a user makes belongs to it", (path) => {
  using mount = new Mount({ path });
  const before = mount.descriptors();
  const made = mount.as(1000, 1001, () => [
    mount.must(mkdir(ROOT, "d", 0o700)),
    mount.must(symlink(ROOT, "s", "to/where")),
    mount.must(mknod(ROOT, "p", S_IFIFO | 0o640)),
    mount.must(create(ROOT, "f", 0o102, 0o4711)),
  ]);
  for (const { attributes: { uid, gid } } of made) {
    deepEqual([uid, gid], [1000, 1001]);
  }
  deepEqual(
    made.map(({ attributes }) => (attributes.mode & 0o7777).toString(8)),
    ["700", "777", "640", "4711"],
  );
  equal(mount.must(readlink(made[1]!.nodeid)), "to/where");
  for (const name of ["d", "s", "p", "f"]) {
    const { uid, gid } = Deno.lstatSync(`${path}/${name}`);
    deepEqual([uid, gid], [1000, 1001], name);
  }
  // Four nodes and one handle.
  equal(mount.descriptors(), before + 5);
  for (const { nodeid } of made) mount.forget(nodeid);
  equal(mount.descriptors(), before + 1);
  mount.server.reset();
  equal(mount.descriptors(), before);
  // And root is root again.
  equal(mount.must(mkdir(ROOT, "r", 0o755)).attributes.uid, 0);
});

onEachFileSystem("Making: errors", (path) => {
  using mount = new Mount({ path });
  Deno.mkdirSync(`${path}/d`);
  const before = mount.descriptors();
  equal(mount.fails(mkdir(ROOT, "d", 0o755)), "EEXIST");
  equal(mount.fails(symlink(ROOT, "d", "x")), "EEXIST");
  equal(mount.fails(symlink(ROOT, "s", "")), "EINVAL");
  equal(mount.fails(symlink(ROOT, "s", "t".repeat(4096))), "ENAMETOOLONG");
  equal(mount.fails(symlink(ROOT, "/tmp/s", "t")), "EINVAL");
  equal(mount.fails(mknod(ROOT, "d", S_IFIFO)), "EEXIST");
  equal(mount.fails(mknod(ROOT, "x", 0o170000)), "EINVAL");
  equal(mount.fails(create(ROOT, "d", 0o102, 0o644)), "EISDIR");
  equal(mount.fails(create(ROOT, "d", 0o302, 0o644)), "EEXIST");
  mount.as(0xffffffff, 0, () => {
    equal(mount.fails(mkdir(ROOT, "nobody", 0o755)), "EINVAL");
  });
  mount.as(0, 0xffffffff, () => {
    equal(mount.fails(mkdir(ROOT, "nobody", 0o755)), "EINVAL");
  });
  // Only 0:0 may make devices.
  mount.as(1000, 1000, () => {
    equal(mount.fails(mknod(ROOT, "dev", 0o020600, 0x103)), "EPERM");
  });
  equal(mount.descriptors(), before);
  deepEqual([...Deno.readDirSync(path)].map(({ name }) => name), ["d"]);
});

onEachFileSystem("MKNOD: a device, as its number says", (path) => {
  using mount = new Mount({ path });
  // Major 0x12, minor 0x34567.
  const rdev = 0x67 | 0x12 << 8 | 0x345 << 20;
  const made = mount.must(mknod(ROOT, "dev", 0o060600, rdev));
  equal(made.attributes.rdev, rdev);
  equal(made.attributes.mode & S_IFMT, 0o060000);
});

onEachFileSystem("LINK gives a node one more reference", (path) => {
  using mount = new Mount({ path });
  const before = mount.descriptors();
  const made = mount.must(symlink(ROOT, "s", "nowhere"));
  const linked = mount.must(link(ROOT, "t", made.nodeid));
  equal(linked.nodeid, made.nodeid);
  equal(linked.attributes.nlink, 2);
  equal(Deno.readLinkSync(`${path}/t`), "nowhere");
  equal(mount.fails(link(ROOT, "t", made.nodeid)), "EEXIST");
  equal(mount.fails(link(ROOT, "u", 77777)), "ESTALE");
  equal(mount.fails(link(ROOT, "u", ROOT)), "EPERM");
  equal(mount.fails(link(ROOT, "a/b", made.nodeid)), "EINVAL");
  mount.forget(made.nodeid);
  equal(mount.descriptors(), before + 1);
  mount.forget(made.nodeid);
  equal(mount.descriptors(), before);
});

onEachFileSystem("UNLINK and RMDIR", (path) => {
  using mount = new Mount({ path });
  Deno.mkdirSync(`${path}/d/e`, { recursive: true });
  Deno.writeTextFileSync(`${path}/f`, "1");
  const file = mount.must(lookup(ROOT, "f"));
  equal(mount.fails(rmdir(ROOT, "d")), "ENOTEMPTY");
  equal(mount.fails(unlink(ROOT, "d")), "EISDIR");
  equal(mount.fails(rmdir(ROOT, "f")), "ENOTDIR");
  equal(mount.fails(unlink(ROOT, "no")), "ENOENT");
  equal(mount.fails(unlink(ROOT, "d/e")), "EINVAL");
  equal(mount.fails(rmdir(ROOT, "..")), "EINVAL");
  const directory = mount.must(lookup(ROOT, "d"));
  mount.must(rmdir(directory.nodeid, "e"));
  mount.must(rmdir(ROOT, "d"));
  mount.must(unlink(ROOT, "f"));
  // Both live on for who knows them.
  equal(mount.must(getattr(file.nodeid)).attributes.nlink, 0);
  equal(mount.fails(mkdir(directory.nodeid, "x", 0o755)), "ENOENT");
});

onEachFileSystem("RENAME and RENAME2", (path) => {
  using mount = new Mount({ path });
  Deno.mkdirSync(`${path}/d`);
  Deno.writeTextFileSync(`${path}/a`, "a");
  Deno.writeTextFileSync(`${path}/b`, "b");
  const text = (name: string) => Deno.readTextFileSync(`${path}/${name}`);
  const { nodeid: d } = mount.must(lookup(ROOT, "d"));
  mount.must(rename2(ROOT, "a", ROOT, "b", RENAME_EXCHANGE));
  deepEqual([text("a"), text("b")], ["b", "a"]);
  equal(mount.fails(rename2(ROOT, "a", ROOT, "b", RENAME_NOREPLACE)), "EEXIST");
  mount.must(rename2(ROOT, "a", d, "n", RENAME_NOREPLACE));
  equal(text("d/n"), "b");
  mount.must(rename2(d, "n", ROOT, "m", RENAME_WHITEOUT));
  const whiteout = Deno.statSync(`${path}/d/n`);
  deepEqual([whiteout.isCharDevice, whiteout.rdev], [true, 0]);
  mount.must(rename(ROOT, "m", ROOT, "b"));
  equal(text("b"), "b");
  equal(mount.fails(rename(ROOT, "no", ROOT, "x")), "ENOENT");
  equal(mount.fails(rename(ROOT, "d", ROOT, "b")), "ENOTDIR");
  equal(mount.fails(rename(ROOT, "b", ROOT, "d")), "EISDIR");
  equal(mount.fails(rename(ROOT, "b", 4242, "d")), "ESTALE");
  equal(mount.fails(rename(ROOT, "b", ROOT, "../x")), "EINVAL");
  equal(mount.fails(rename(ROOT, "/b", ROOT, "x")), "EINVAL");
  equal(mount.fails(rename2(ROOT, "b", ROOT, "x", 0x80)), "EINVAL");
  equal(
    mount.fails(rename(ROOT, "b", ROOT, "n".repeat(256))),
    "ENAMETOOLONG",
  );
  // Both as long as can be: longer than what is fetched at first.
  const [x, y] = ["x".repeat(255), "y".repeat(255)];
  Deno.writeTextFileSync(`${path}/${x}`, "");
  mount.must(rename2(ROOT, x, ROOT, y, 0));
  ok(Deno.statSync(`${path}/${y}`).isFile);
});
