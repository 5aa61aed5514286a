/** How many descriptors there are for a guest, and for the program. */
import { deepEqual, equal } from "node:assert/strict";
import {
  O_RDONLY,
  O_RDWR,
  RLIMIT_NOFILE,
} from "../../../../../ffi/constants.ts";
import { ROOT } from "../../../../../src/vhost_user_fs/client/request.ts";
import { opendir } from "../../../../../src/vhost_user_fs/client/requests/directories.ts";
import {
  open,
  release,
} from "../../../../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  link,
  lookup,
  mkdir,
  mknod,
  symlink,
  tmpfile,
} from "../../../../../src/vhost_user_fs/client/requests/names.ts";
import { Mount } from "../support/mount.ts";

Deno.test("The budget: ENFILE before anything is made, and no longer than it lasts", () => {
  using mount = new Mount({ budget: 4 });
  const path = mount.path;
  Deno.writeTextFileSync(`${path}/f`, "");
  const before = mount.descriptors();
  const d = mount.must(mkdir(ROOT, "d", 0o755)).nodeid;
  const f = mount.must(lookup(ROOT, "f")).nodeid;
  const { fh } = mount.must(open(f, O_RDONLY));
  // One is left: CREATE and TMPFILE take two.
  equal(mount.fails(create(ROOT, "x", O_RDWR, 0o644)), "ENFILE");
  equal(mount.fails(tmpfile(ROOT, O_RDWR, 0o644)), "ENFILE");
  const { fh: second } = mount.must(open(f, O_RDONLY));
  for (
    const request of [
      open(f, O_RDONLY),
      opendir(ROOT),
      mkdir(ROOT, "x", 0o755),
      symlink(ROOT, "x", "y"),
      mknod(ROOT, "x", 0o100644),
      create(ROOT, "x", O_RDWR, 0o644),
    ]
  ) equal(mount.fails(request), "ENFILE", String(request.op));
  deepEqual([...Deno.readDirSync(path)].map(({ name }) => name).sort(), [
    "d",
    "f",
  ]);
  equal(mount.fails(lookup(ROOT, "missing")), "ENOENT");
  // What is known needs no descriptor.
  equal(mount.must(lookup(ROOT, "d")).nodeid, d);
  equal(mount.must(link(ROOT, "g", f)).nodeid, f);
  Deno.writeTextFileSync(`${path}/h`, "");
  equal(mount.fails(lookup(ROOT, "h")), "ENFILE");
  equal(mount.logged.length, 1);
  mount.must(release(f, fh));
  const h = mount.must(lookup(ROOT, "h")).nodeid;
  mount.forget(h);
  mount.forget(d, 2);
  mount.forget(f, 2);
  mount.must(release(f, second));
  equal(mount.descriptors(), before);
});

Deno.test("The program's own limit is the guest's ENFILE, and nothing stays open", () => {
  using mount = new Mount();
  Deno.writeTextFileSync(`${mount.path}/f`, "");
  const { libc } = mount;
  const before = mount.open();
  const free = Array.from({ length: 100 }, (_, fd) => fd)
    .filter((fd) => !before.includes(fd));
  const limit = new BigUint64Array(2);
  equal(libc.symbols.getrlimit(RLIMIT_NOFILE, limit), 0);
  const [soft] = limit;
  try {
    // None more, then one more: CREATE makes the file, and has no other for its node.
    for (const left of [0, 1]) {
      limit[0] = BigInt(free[left]!);
      equal(libc.symbols.setrlimit(RLIMIT_NOFILE, limit), 0);
      equal(mount.fails(create(ROOT, `new${left}`, O_RDWR, 0o644)), "ENFILE");
      if (left === 0) equal(mount.fails(lookup(ROOT, "f")), "ENFILE");
    }
  } finally {
    limit[0] = soft!;
    libc.symbols.setrlimit(RLIMIT_NOFILE, limit);
  }
  deepEqual(mount.open(), before);
  equal(mount.fails(lookup(ROOT, "f")), "ok");
});
