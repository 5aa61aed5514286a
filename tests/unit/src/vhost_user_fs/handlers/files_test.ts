/** Open files: OPEN, CREATE, TMPFILE, READ, WRITE and what else takes a handle. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import {
  F_GETFL,
  O_APPEND,
  O_CREAT,
  O_DIRECT,
  O_EXCL,
  O_NOATIME,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../../../../ffi/constants.ts";
import { ROOT } from "../../../../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  setattr,
  statx,
} from "../../../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  opendir,
  releasedir,
} from "../../../../../src/vhost_user_fs/client/requests/directories.ts";
import {
  copyFileRange,
  fallocate,
  flush,
  fsync,
  lseek,
  open,
  read,
  release,
  SEEK_DATA,
  syncfs,
  write,
} from "../../../../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  link,
  lookup,
  mknod,
  symlink,
  tmpfile,
  unlink,
} from "../../../../../src/vhost_user_fs/client/requests/names.ts";
import { Mount } from "../support/mount.ts";
import { onEachFileSystem } from "../support/places.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const NOFLUSH = 32;

onEachFileSystem("CREATE, WRITE, READ, RELEASE", (path) => {
  using mount = new Mount({ path });
  const before = mount.descriptors();
  const { nodeid, opened: { fh } } = mount.must(
    create(ROOT, "f", O_RDWR | O_CREAT, 0o644),
  );
  equal(mount.must(write(nodeid, fh, 0, bytes("hello, world"))), 12);
  equal(mount.must(write(nodeid, fh, 7, bytes("W"))), 1);
  equal(text(mount.must(read(nodeid, fh, 0, 100))), "hello, World");
  equal(text(mount.must(read(nodeid, fh, 7, 3))), "Wor");
  equal(mount.must(read(nodeid, fh, 12, 10)).length, 0);
  equal(mount.must(read(nodeid, fh, 1 << 30, 10)).length, 0);
  equal(mount.must(read(nodeid, fh, 0, 0)).length, 0);
  equal(mount.must(write(nodeid, fh, 0, bytes(""))), 0);
  equal(mount.must(getattr(nodeid)).attributes.size, 12n);
  equal(mount.must(getattr(nodeid, fh)).attributes.size, 12n);
  equal(Deno.readTextFileSync(`${path}/f`), "hello, World");
  mount.must(flush(nodeid, fh));
  mount.must(fsync(nodeid, fh));
  mount.must(fsync(nodeid, fh, true));
  mount.must(release(nodeid, fh));
  for (
    const request of [
      read(nodeid, fh, 0, 1),
      write(nodeid, fh, 0, bytes("x")),
      flush(nodeid, fh),
      fsync(nodeid, fh),
      release(nodeid, fh),
      getattr(nodeid, fh),
      setattr(nodeid, { size: 1, fh }),
      fallocate(nodeid, fh, 0, 1),
      lseek(nodeid, fh, 0, SEEK_DATA),
      copyFileRange({ nodeid, fh, offset: 0 }, { nodeid, fh, offset: 0 }, 1),
    ]
  ) equal(mount.fails(request), "EBADF", String(request.op));
  mount.forget(nodeid);
  equal(mount.descriptors(), before);
});

onEachFileSystem("Data in pieces, more of them than a vector has", (path) => {
  using mount = new Mount({ path });
  const { nodeid, opened: { fh } } = mount.must(
    create(ROOT, "f", O_RDWR, 0o644),
  );
  const data = new Uint8Array(700_001).map((_, i) => i * 7 + (i >> 9));
  for (const piece of [2 << 20, 4096, 4095, 333]) {
    mount.message.piece = piece;
    mount.must(setattr(nodeid, { size: 0 }));
    equal(mount.must(write(nodeid, fh, 5, data)), data.length);
    deepEqual(
      Deno.readFileSync(`${path}/f`).subarray(5),
      data,
      `written in pieces of ${piece}`,
    );
    deepEqual(
      mount.must(read(nodeid, fh, 5, data.length + 9000)),
      data,
      `read in pieces of ${piece}`,
    );
  }
  // The upper half of the offset is counted on, too.
  mount.message.piece = 333;
  const far = 2 ** 32 - 1000;
  equal(mount.must(write(nodeid, fh, far, data)), data.length);
  deepEqual(mount.must(read(nodeid, fh, far, data.length)), data);
  equal(mount.must(getattr(nodeid)).attributes.size, BigInt(far + data.length));
});

onEachFileSystem("READ and WRITE: what they are not to believe", (path) => {
  using mount = new Mount({ path });
  const { nodeid, opened: { fh } } = mount.must(
    create(ROOT, "f", O_RDWR, 0o644),
  );
  mount.must(write(nodeid, fh, 0, bytes("0123456789")));
  // More than the reply has room for, more than was sent.
  equal(
    text(mount.must({ ...read(nodeid, fh, 0, 100), room: { atMost: 4 } })),
    "0123",
  );
  equal(
    mount.fails(write(nodeid, fh, 0, bytes("abc"), { size: 4 })),
    "EINVAL",
  );
  equal(mount.must(write(nodeid, fh, 0, bytes("abc"), { size: 2 })), 2);
  // -1 is "where the file is" for preadv2(2).
  for (const offset of [-1n, -4096n, 1n << 63n]) {
    equal(mount.fails(read(nodeid, fh, offset, 10)), "EINVAL");
    equal(mount.fails(write(nodeid, fh, offset, bytes("x"))), "EINVAL");
  }
  equal(
    text(mount.must(read(nodeid, fh, 0, 100))),
    "ab23456789",
  );
  // Handles of another kind, or never given.
  const directory = mount.must(opendir(ROOT)).fh;
  for (const wrong of [0n, directory, fh + 1n, fh | 1n << 32n, 1n << 63n]) {
    if (wrong === fh) continue;
    equal(mount.fails(read(nodeid, wrong, 0, 1)), "EBADF");
    equal(mount.fails(release(nodeid, wrong)), "EBADF");
  }
  equal(mount.fails(releasedir(nodeid, fh)), "EBADF");
  const reader = mount.must(open(nodeid, O_RDONLY)).fh;
  equal(mount.fails(write(nodeid, reader, 0, bytes("x"))), "EBADF");
  const writer = mount.must(open(nodeid, O_WRONLY)).fh;
  equal(mount.fails(read(nodeid, writer, 0, 1)), "EBADF");
});

onEachFileSystem(
  "O_APPEND holds for writes, and not for what comes from the cache",
  (path) => {
    using mount = new Mount({ path });
    const { nodeid, opened: { fh } } = mount.must(
      create(ROOT, "f", O_RDWR | O_APPEND, 0o644),
    );
    const flags = O_RDWR | O_APPEND;
    mount.must(write(nodeid, fh, 0, bytes("one"), { flags }));
    mount.must(write(nodeid, fh, 0, bytes("two"), { flags }));
    mount.must(write(nodeid, fh, 0, bytes("O"), { flags, cache: true }));
    mount.must(write(nodeid, fh, 1, bytes("N"), { flags: O_RDWR }));
    equal(Deno.readTextFileSync(`${path}/f`), "ONetwo");
  },
);

onEachFileSystem("OPEN: only regular files are ever opened", (path) => {
  using mount = new Mount({ path });
  const nodes = {
    fifo: mount.must(mknod(ROOT, "fifo", 0o010666)).nodeid,
    device: mount.must(mknod(ROOT, "null", 0o020666, 0x103)).nodeid,
    block: mount.must(mknod(ROOT, "ram", 0o060666, 0x100)).nodeid,
    socket: mount.must(mknod(ROOT, "sock", 0o140666)).nodeid,
    link: mount.must(symlink(ROOT, "link", "/etc/passwd")).nodeid,
  };
  const before = mount.descriptors();
  for (const flags of [O_RDONLY, O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC]) {
    for (const name of ["fifo", "device", "block", "socket"] as const) {
      equal(mount.fails(open(nodes[name], flags)), "EBADF", name);
    }
    equal(mount.fails(open(nodes.link, flags)), "ELOOP");
    equal(mount.fails(open(ROOT, flags)), "EISDIR");
  }
  for (const nodeid of Object.values(nodes)) {
    equal(mount.fails(opendir(nodeid)), "ENOTDIR");
    equal(mount.fails(syncfs(nodeid)), "EINVAL");
    notEqual(mount.fails(setattr(nodeid, { size: 0 })), "ok");
  }
  equal(mount.fails(create(ROOT, "fifo", O_RDWR, 0o644)), "EBADF");
  equal(mount.fails(create(ROOT, "link", O_RDWR, 0o644)), "ELOOP");
  equal(mount.fails(open(99, O_RDONLY)), "ESTALE");
  equal(mount.descriptors(), before);
});

onEachFileSystem("CREATE of what is there opens it, unless O_EXCL", (path) => {
  using mount = new Mount({ path });
  Deno.writeTextFileSync(`${path}/f`, "there");
  const before = mount.descriptors();
  equal(mount.fails(create(ROOT, "f", O_RDWR | O_EXCL, 0o600)), "EEXIST");
  const { nodeid, attributes, opened: { fh } } = mount.must(
    create(ROOT, "f", O_RDWR, 0o600),
  );
  equal(attributes.size, 5n);
  equal(attributes.mode & 0o777, 0o666);
  equal(text(mount.must(read(nodeid, fh, 0, 9))), "there");
  const cut = mount.must(create(ROOT, "f", O_RDWR | O_TRUNC, 0o600));
  equal(cut.nodeid, nodeid);
  equal(cut.attributes.size, 0n);
  mount.must(release(nodeid, fh));
  mount.must(release(nodeid, cut.opened.fh));
  mount.forget(nodeid, 2);
  equal(mount.descriptors(), before);
  equal(mount.fails(create(ROOT, "a/b", O_RDWR, 0o600)), "EINVAL");
});

onEachFileSystem(
  "Flags of OPEN that are the host's, and those that are not",
  (path) => {
    using mount = new Mount({ path });
    Deno.writeTextFileSync(`${path}/f`, "12345");
    const { nodeid } = mount.must(lookup(ROOT, "f"));
    const flagsOf = (flags: number) => hostFlags(mount, nodeid, flags);
    const refused = O_DIRECT | O_NOATIME | O_APPEND;
    equal(flagsOf(O_RDONLY | O_DIRECT | O_NOATIME) & refused, 0);
    equal(flagsOf(O_RDWR | O_APPEND) & refused, 0);
    // O_CREAT, O_EXCL, O_NOCTTY, O_ASYNC, O_DIRECTORY, O_NOFOLLOW, O_PATH, O_TMPFILE.
    equal(flagsOf(0o200000 | 0o400000 | 0o32764700) & 0o32660700, 0);
    // Ours, so that nobody's lease is waited for.
    equal(flagsOf(O_RDWR) & O_NONBLOCK, O_NONBLOCK);
    equal(flagsOf(0o4010001) & 0o4010003, 0o4010001);
    equal(Deno.readTextFileSync(`${path}/f`), "12345");
    mount.must(open(nodeid, O_WRONLY | O_TRUNC));
    equal(Deno.readTextFileSync(`${path}/f`), "");
    using other = new Mount({ path, directIo: true, preserveNoatime: true });
    const again = other.must(lookup(ROOT, "f")).nodeid;
    const passed = hostFlags(other, again, O_RDONLY | O_NOATIME | O_DIRECT);
    equal(passed & refused, O_DIRECT | O_NOATIME);
  },
);

/** What F_GETFL says of a file that the guest opens with `flags`. */
function hostFlags(mount: Mount, nodeid: number, flags: number): number {
  const before = new Set(mount.open());
  const { fh } = mount.must(open(nodeid, flags));
  const [fd = -1] = mount.open().filter((fd) => !before.has(fd));
  const found = mount.libc.symbols.fcntl(fd, F_GETFL, 0);
  mount.must(release(nodeid, fh));
  return found;
}

Deno.test("FOPEN flags by cache policy", () => {
  const KEEP = 2, DIRECT = 1, CACHE_DIR = 8, PARALLEL = 64;
  const expected = {
    auto: [0, 0],
    never: [DIRECT | PARALLEL, 0],
    always: [KEEP, CACHE_DIR | KEEP],
    metadata: [DIRECT | PARALLEL, CACHE_DIR | KEEP],
  } as const;
  for (const [cache, [file, directory]] of Object.entries(expected)) {
    using mount = new Mount({ cache: cache as keyof typeof expected });
    const { nodeid, opened } = mount.must(create(ROOT, "f", O_RDWR, 0o644));
    equal(opened.flags, file, cache);
    equal(mount.must(open(nodeid, O_WRONLY)).flags, file, cache);
    equal(mount.must(open(nodeid, O_RDONLY)).flags, file | NOFLUSH, cache);
    equal(mount.must(opendir(ROOT)).flags, directory, cache);
  }
});

onEachFileSystem("A file without a name lives on", (path) => {
  using mount = new Mount({ path });
  const { nodeid, opened: { fh } } = mount.must(
    create(ROOT, "f", O_RDWR, 0o644),
  );
  mount.must(write(nodeid, fh, 0, bytes("12345")));
  mount.must(unlink(ROOT, "f"));
  for (const request of [getattr(nodeid), getattr(nodeid, fh)]) {
    const { attributes } = mount.must(request);
    deepEqual([attributes.nlink, attributes.size], [0, 5n]);
  }
  equal(mount.must(setattr(nodeid, { size: 2, fh })).attributes.size, 2n);
  equal(mount.must(setattr(nodeid, { size: 1 })).attributes.size, 1n);
  equal(mount.must(setattr(nodeid, { mode: 0o600 })).attributes.mode, 0o100600);
  equal(text(mount.must(read(nodeid, fh, 0, 9))), "1");
  equal(mount.must(statx(nodeid)).size, 1n);
});

onEachFileSystem("TMPFILE, and a name for it", (path) => {
  using mount = new Mount({ path });
  const before = mount.descriptors();
  const made = mount.as(
    1000,
    1000,
    () => mount.must(tmpfile(ROOT, O_RDWR, 0o640)),
  );
  deepEqual([...Deno.readDirSync(path)], []);
  const { attributes } = made;
  deepEqual(
    [attributes.uid, attributes.mode & 0o7777, attributes.nlink],
    [1000, 0o640, 0],
  );
  mount.must(write(made.nodeid, made.opened.fh, 0, bytes("tmp")));
  const named = mount.must(link(ROOT, "named", made.nodeid));
  equal(named.nodeid, made.nodeid);
  equal(Deno.readTextFileSync(`${path}/named`), "tmp");
  const never = mount.must(tmpfile(ROOT, O_RDWR | O_EXCL, 0o640));
  equal(mount.fails(link(ROOT, "never", never.nodeid)), "ENOENT");
  equal(mount.fails(tmpfile(made.nodeid, O_RDWR, 0o640)), "ENOTDIR");
  equal(mount.fails(tmpfile(ROOT, O_RDONLY, 0o640)), "EINVAL");
  mount.must(release(made.nodeid, made.opened.fh));
  mount.must(release(never.nodeid, never.opened.fh));
  mount.forget(made.nodeid, 2);
  mount.forget(never.nodeid);
  equal(mount.descriptors(), before);
});
