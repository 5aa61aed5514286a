/** GETATTR, SETATTR, STATX, READLINK, STATFS, extended attributes. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { O_RDONLY, O_RDWR } from "../../../../../ffi/constants.ts";
import { ROOT } from "../../../../../src/vhost_user_fs/client/request.ts";
import {
  FATTR,
  getattr,
  getxattr,
  listxattr,
  readlink,
  removexattr,
  setattr,
  setxattr,
  statfs,
  statx,
  XATTR_CREATE,
  XATTR_REPLACE,
} from "../../../../../src/vhost_user_fs/client/requests/attributes.ts";
import { open } from "../../../../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  lookup,
  symlink,
} from "../../../../../src/vhost_user_fs/client/requests/names.ts";
import { Mount } from "../support/mount.ts";
import { onEachFileSystem } from "../support/places.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: unknown) => new TextDecoder().decode(data as Uint8Array);

onEachFileSystem("GETATTR says what the host sees", (path) => {
  using mount = new Mount({ path, cache: "always" });
  const file = `${path}/f`;
  Deno.writeTextFileSync(file, "12345");
  Deno.chownSync(file, 12, 34);
  Deno.chmodSync(file, 0o4640);
  Deno.utimeSync(file, 1.25, 2 ** 33);
  const { nodeid } = mount.must(lookup(ROOT, "f"));
  const { attributes, valid } = mount.must(getattr(nodeid));
  const seen = Deno.statSync(file);
  equal(valid, 86_400_000_000_000n);
  equal(attributes.ino, BigInt(seen.ino!));
  equal(attributes.size, 5n);
  equal(attributes.blocks, BigInt(seen.blocks!));
  equal(attributes.mode, 0o104640);
  deepEqual([attributes.uid, attributes.gid], [12, 34]);
  equal(attributes.nlink, 1);
  equal(attributes.blksize, seen.blksize);
  equal(attributes.atime, 1_250_000_000n);
  equal(attributes.mtime, 2n ** 33n * 1_000_000_000n);
  equal(attributes.flags, 0);
  equal(mount.must(getattr(ROOT)).attributes.mode & 0o170000, 0o040000);
  equal(mount.fails(getattr(3)), "ESTALE");
  equal(mount.fails(getattr(nodeid, 5n)), "EBADF");
});

onEachFileSystem("SETATTR, one thing at a time and all at once", (path) => {
  using mount = new Mount({ path });
  const { nodeid } = mount.must(create(ROOT, "f", O_RDWR, 0o644));
  const set = (changes: Parameters<typeof setattr>[1]) =>
    mount.must(setattr(nodeid, changes)).attributes;
  equal(set({ mode: 0o177640 }).mode, 0o107640);
  equal(set({ uid: 5 }).uid, 5);
  deepEqual([set({ gid: 6 }).gid, set({}).uid], [6, 5]);
  equal(set({ size: 2 ** 33 }).size, 2n ** 33n);
  equal(set({ size: 7 }).size, 7n);
  const before = set({ atime: 11n, mtime: -1n });
  deepEqual([before.atime, before.mtime], [11n, -1n]);
  const some = set({ mtime: 5_000_000_007n });
  deepEqual([some.atime, some.mtime], [11n, 5_000_000_007n]);
  const now = set({ atime: "now", mtime: "now" });
  ok(Math.abs(Number(now.atime / 1_000_000n) - Date.now()) < 60_000);
  equal(now.atime, now.mtime);
  const all = set({
    mode: 0o600,
    uid: 1,
    gid: 2,
    size: 3,
    atime: 4n,
    mtime: 5n,
    extra: FATTR.CTIME | FATTR.LOCKOWNER,
  });
  deepEqual(
    [all.mode, all.uid, all.gid, all.size, all.atime, all.mtime],
    [0o100600, 1, 2, 3n, 4n, 5n],
  );
  // Changing nothing says what there is.
  equal(set({}).size, 3n);
});

onEachFileSystem("SETATTR: errors, and what is no file", (path) => {
  using mount = new Mount({ path });
  const { nodeid, opened } = mount.must(create(ROOT, "f", O_RDWR, 0o644));
  equal(mount.fails(setattr(nodeid, { size: -1n })), "EINVAL");
  equal(mount.fails(setattr(nodeid, { size: 1, fh: opened.fh + 1n })), "EBADF");
  equal(mount.fails(setattr(4, { size: 1 })), "ESTALE");
  equal(mount.fails(setattr(ROOT, { size: 1 })), "EISDIR");
  // By a handle that writes: what is open, whatever the node is.
  const other = mount.must(create(ROOT, "g", O_RDWR, 0o644));
  mount.must(setattr(nodeid, { size: 3, fh: other.opened.fh }));
  equal(Deno.statSync(`${path}/g`).size, 3);
  // By a handle that reads: the node is as good.
  const { fh } = mount.must(open(nodeid, O_RDONLY));
  equal(mount.must(setattr(nodeid, { size: 9, fh })).attributes.size, 9n);
  // Nanoseconds that would mean something else.
  const request = setattr(nodeid, { mtime: 5n });
  for (const rest of [1e9, 0x3fffffff, 0x3ffffffe, 0xffffffff]) {
    const view = new DataView(request.args.buffer);
    view.setUint32(60, rest, true);
    equal(mount.fails(request), "EINVAL", String(rest));
  }
  // Of a symlink, itself.
  const target = Deno.statSync(`${path}/f`);
  const link = mount.must(symlink(ROOT, "s", "f")).nodeid;
  equal(mount.must(setattr(link, { uid: 7 })).attributes.uid, 7);
  equal(mount.must(setattr(link, { mtime: 9n })).attributes.mtime, 9n);
  equal(mount.fails(setattr(link, { mode: 0o600 })), "EOPNOTSUPP");
  equal(mount.fails(setattr(link, { size: 0 })), "EINVAL");
  const now = Deno.statSync(`${path}/f`);
  deepEqual(
    [now.uid, now.mtime, now.size],
    [target.uid, target.mtime, target.size],
  );
});

onEachFileSystem(
  "STATX has what GETATTR has, and the time of birth",
  (path) => {
    using mount = new Mount({ path });
    const { nodeid, opened, attributes } = mount.must(
      create(ROOT, "f", O_RDWR, 0o641),
    );
    const found = mount.must(statx(nodeid));
    equal(found.mask, 0xfff);
    equal(found.ino, attributes.ino);
    equal(found.mode, 0o100641);
    ok(Math.abs(Number(found.btime / 1_000_000n) - Date.now()) < 60_000);
    const byHandle = statx(nodeid);
    const view = new DataView(byHandle.args.buffer);
    view.setUint32(0, 1, true);
    view.setBigUint64(8, opened.fh, true);
    deepEqual(mount.must(byHandle), found);
    view.setBigUint64(8, 0n, true);
    equal(mount.fails(byHandle), "EBADF");
  },
);

onEachFileSystem("READLINK", (path) => {
  using mount = new Mount({ path });
  const long = "/x".repeat(2000);
  const { nodeid } = mount.must(symlink(ROOT, "s", long));
  equal(mount.must(readlink(nodeid)), long);
  equal(mount.must(readlink(nodeid, 4000)), long);
  equal(mount.fails(readlink(nodeid, 3999)), "ERANGE");
  equal(mount.fails(readlink(ROOT)), "ENOENT");
});

onEachFileSystem("STATFS", (path) => {
  using mount = new Mount({ path });
  const { blocks, bsize, namelen, bfree, bavail } = mount.must(statfs(ROOT));
  ok(blocks > 0n && bfree <= blocks && bavail <= bfree);
  equal(bsize, 4096);
  equal(namelen, 255);
});

onEachFileSystem("Extended attributes", (path) => {
  using mount = new Mount({ path });
  const { nodeid } = mount.must(create(ROOT, "f", O_RDWR, 0o644));
  mount.must(setxattr(nodeid, "user.a", bytes("value")));
  equal(text(mount.must(getxattr(nodeid, "user.a"))), "value");
  equal(mount.must(getxattr(nodeid, "user.a", 0)), 5);
  equal(text(mount.must(getxattr(nodeid, "user.a", 5))), "value");
  equal(mount.fails(getxattr(nodeid, "user.a", 4)), "ERANGE");
  equal(mount.fails(getxattr(nodeid, "user.b")), "ENODATA");
  equal(
    mount.fails(setxattr(nodeid, "user.a", bytes("x"), XATTR_CREATE)),
    "EEXIST",
  );
  equal(
    mount.fails(setxattr(nodeid, "user.c", bytes("x"), XATTR_REPLACE)),
    "ENODATA",
  );
  equal(
    mount.fails(setxattr(nodeid, "user.c", bytes("x"), 0xffffffff)),
    "EINVAL",
  );
  mount.must(setxattr(nodeid, "user.empty", bytes("")));
  equal(text(mount.must(getxattr(nodeid, "user.empty"))), "");
  const names = text(mount.must(listxattr(nodeid))).split("\0").sort();
  deepEqual(names.slice(1), ["user.a", "user.empty"]);
  equal(mount.must(listxattr(nodeid, 0)), 18);
  equal(mount.fails(listxattr(nodeid, 17)), "ERANGE");
  mount.must(removexattr(nodeid, "user.a"));
  equal(mount.fails(removexattr(nodeid, "user.a")), "ENODATA");
  equal(mount.fails(getxattr(nodeid, "")), "EINVAL");
  equal(
    mount.fails(getxattr(nodeid, "user." + "x".repeat(251))),
    "ENAMETOOLONG",
  );
  equal(mount.fails(getxattr(nodeid, "strange")), "EOPNOTSUPP");
  const big = new Uint8Array(65537);
  equal(mount.fails(setxattr(nodeid, "user.big", big)), "E2BIG");
  // A value that is said to be longer than it is.
  const request = setxattr(nodeid, "user.lie", bytes("x"));
  new DataView(request.args.buffer).setUint32(0, 2, true);
  equal(mount.fails(request), "EINVAL");
  // A symlink has its own, of which the kernel allows none here.
  const link = mount.must(symlink(ROOT, "s", "f")).nodeid;
  equal(mount.fails(setxattr(link, "user.a", bytes("1"))), "EPERM");
  mount.must(setxattr(link, "trusted.a", bytes("1")));
  equal(mount.fails(getxattr(nodeid, "trusted.a")), "ENODATA");
});

onEachFileSystem(
  "ACLs are not there, as INIT has not announced them",
  (path) => {
    using mount = new Mount({ path });
    const { nodeid } = mount.must(create(ROOT, "f", O_RDWR, 0o644));
    // One user entry more than the mode has.
    const acl = new Uint8Array([
      ...[2, 0, 0, 0],
      ...[1, 0, 6, 0, 255, 255, 255, 255],
      ...[2, 0, 4, 0, 5, 0, 0, 0],
      ...[4, 0, 4, 0, 255, 255, 255, 255],
      ...[16, 0, 4, 0, 255, 255, 255, 255],
      ...[32, 0, 4, 0, 255, 255, 255, 255],
    ]);
    for (const name of ["access", "default"]) {
      const whole = `system.posix_acl_${name}`;
      equal(mount.fails(setxattr(nodeid, whole, acl)), "EOPNOTSUPP");
      equal(mount.fails(getxattr(nodeid, whole)), "EOPNOTSUPP");
      equal(mount.fails(removexattr(nodeid, whole)), "EOPNOTSUPP");
    }
    mount.must(setxattr(nodeid, "user.a", bytes("1")));
    // Set by the host, it is hidden.
    equal(
      mount.libc.symbols.setxattr(
        mount.libc.pointerTo(bytes(`${path}/f\0`)),
        mount.libc.pointerTo(bytes("system.posix_acl_access\0")),
        mount.libc.pointerTo(acl),
        BigInt(acl.length),
        0,
      ),
      0,
    );
    equal(text(mount.must(listxattr(nodeid))), "user.a\0");
    equal(mount.must(listxattr(nodeid, 0)), 7);
  },
);

onEachFileSystem(
  "Without extended attributes the guest is told once for all",
  (path) => {
    using mount = new Mount({ path, xattr: false });
    for (
      const request of [
        getxattr(ROOT, "user.a"),
        getxattr(ROOT, "user.a", 0),
        setxattr(ROOT, "user.a", bytes("1")),
        listxattr(ROOT),
        removexattr(ROOT, "user.a"),
      ]
    ) equal(mount.fails(request), "ENOSYS");
  },
);
