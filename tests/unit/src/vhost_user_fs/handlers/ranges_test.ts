/** FALLOCATE, LSEEK, COPY_FILE_RANGE, SYNCFS. */
import { equal, ok } from "node:assert/strict";
import { O_RDWR } from "../../../../../ffi/constants.ts";
import {
  type Request,
  ROOT,
} from "../../../../../src/vhost_user_fs/client/request.ts";
import { Reader } from "../../../../../src/vhost_user_fs/client/bytes.ts";
import {
  getattr,
  setattr,
} from "../../../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  copyFileRange,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  fallocate,
  lseek,
  SEEK_DATA,
  SEEK_HOLE,
  syncfs,
  write,
} from "../../../../../src/vhost_user_fs/client/requests/files.ts";
import { create } from "../../../../../src/vhost_user_fs/client/requests/names.ts";
import { Mount } from "../support/mount.ts";
import { onEachFileSystem } from "../support/places.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

onEachFileSystem("FALLOCATE, LSEEK, COPY_FILE_RANGE, SYNCFS", (path) => {
  using mount = new Mount({ path });
  const { nodeid, opened: { fh } } = mount.must(
    create(ROOT, "f", O_RDWR, 0o644),
  );
  mount.must(fallocate(nodeid, fh, 0, 10_000));
  equal(mount.must(getattr(nodeid)).attributes.size, 10_000n);
  mount.must(fallocate(nodeid, fh, 10_000, 10_000, FALLOC_FL_KEEP_SIZE));
  equal(mount.must(getattr(nodeid)).attributes.size, 10_000n);
  equal(mount.fails(fallocate(nodeid, fh, 0, 0)), "EINVAL");
  equal(mount.fails(fallocate(nodeid, fh, 0, 1, 0x1000)), "EOPNOTSUPP");
  equal(mount.fails(fallocate(nodeid, fh, 0, 1, 0xffffffff)), "EOPNOTSUPP");
  const { nodeid: other, opened: { fh: to } } = mount.must(
    create(ROOT, "g", O_RDWR, 0o644),
  );
  mount.must(write(other, to, 1 << 20, bytes("data")));
  equal(mount.must(lseek(other, to, 0, SEEK_HOLE)), 0);
  const data = mount.must(lseek(other, to, 0, SEEK_DATA));
  ok(data > 0 && data <= 1 << 20);
  equal(mount.fails(lseek(other, to, 2 << 20, SEEK_DATA)), "ENXIO");
  for (const whence of [0, 1, 2, 5, 0xffffffff]) {
    equal(mount.fails(lseek(other, to, 0, whence)), "EINVAL");
  }
  mount.must(
    fallocate(
      other,
      to,
      0,
      2 << 20,
      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
    ),
  );
  equal(mount.fails(lseek(other, to, 0, SEEK_DATA)), "ENXIO");
  // Behind 4 GiB, so that both halves of the answer count.
  const far = 5 * 2 ** 32;
  mount.must(write(other, to, far, bytes("far")));
  const found = mount.must(lseek(other, to, 1 << 20, SEEK_DATA));
  ok(found > 2 ** 32 && found <= far);
  mount.must(setattr(other, { size: 0 }));

  mount.must(write(nodeid, fh, 0, bytes("0123456789")));
  const from = { nodeid, fh, offset: 2 };
  const into = { nodeid: other, fh: to, offset: 1 };
  equal(mount.must(copyFileRange(from, into, 5)), 5);
  equal(Deno.readTextFileSync(`${path}/g`), "\x0023456");
  equal(mount.must(copyFileRange64(copyFileRange(from, into, 3))), 3n);
  // All there is, however much was asked for.
  equal(
    mount.must(copyFileRange({ ...from, offset: 9_990 }, into, 2 ** 40)),
    10,
  );
  equal(mount.fails(copyFileRange(from, into, 5, 1)), "EINVAL");
  equal(mount.fails(copyFileRange(from, { ...into, fh: 0n }, 5)), "EBADF");
  mount.must(syncfs(ROOT));
  mount.must(syncfs(nodeid));
});

function copyFileRange64(request: Request<number>): Request<bigint> {
  return {
    ...request,
    op: "COPY_FILE_RANGE_64",
    decode: (body) => new Reader(body).u64(0),
  };
}
