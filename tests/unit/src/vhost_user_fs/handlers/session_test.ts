/** INIT, FORGET, DESTROY, caches, the budget, what is read-only, what is not there. */
import { deepEqual, equal, notEqual, throws } from "node:assert/strict";
import { O_RDONLY, O_RDWR, O_TRUNC } from "../../../../../ffi/constants.ts";
import { StartError } from "../../../../../src/errors.ts";
import {
  OPCODES,
  plain,
  ROOT,
} from "../../../../../src/vhost_user_fs/client/request.ts";
import {
  access,
  getattr,
  getxattr,
  setattr,
  setxattr,
  statx,
} from "../../../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  opendir,
  readdirplus,
} from "../../../../../src/vhost_user_fs/client/requests/directories.ts";
import {
  fallocate,
  open,
  read,
} from "../../../../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  link,
  lookup,
  mkdir,
  mknod,
  rename,
  rename2,
  rmdir,
  symlink,
  tmpfile,
  unlink,
} from "../../../../../src/vhost_user_fs/client/requests/names.ts";
import {
  batchForget,
  destroy,
  forget,
  init,
  KERNELS,
} from "../../../../../src/vhost_user_fs/client/requests/session.ts";
import { OPCODES as SERVED } from "../../../../../src/vhost_user_fs/fuse/opcodes.ts";
import { DEFAULTS, Mount } from "../support/mount.ts";
import { workspace } from "../../../../support/workspace.ts";

const DAY = 86_400_000_000_000n;
const bit = (...bits: number[]) =>
  bits.reduce((all, bit) => all | 1n << BigInt(bit), 0n);
/** ASYNC_READ, ATOMIC_O_TRUNC, BIG_WRITES, AUTO_INVAL_DATA, ASYNC_DIO, PARALLEL_DIROPS, MAX_PAGES, INIT_EXT. */
const ALWAYS = bit(0, 3, 5, 12, 15, 18, 22, 30);

Deno.test("INIT: what is announced, by options and by what the guest knows", () => {
  const cases = [
    [{}, "7.2", bit(13, 14, 27, 34, 40)],
    // 6.1 knows neither CREATE_SUPP_GROUP nor ALLOW_IDMAP.
    [{}, "6.1", bit(13, 14, 27)],
    [{ readdirplus: false }, "7.2", bit(27, 34, 40)],
    [{ cache: "never" }, "7.2", bit(27, 34, 40)],
    [{ cache: "always" }, "7.2", bit(13, 14, 23, 27, 34, 40)],
    [
      { cache: "metadata", allowMmap: true },
      "7.2",
      bit(13, 14, 23, 27, 34, 36, 40),
    ],
    [{ announceSubmounts: false }, "7.2", bit(13, 14, 34, 40)],
    [{ killprivV2: true }, "7.2", bit(13, 14, 27, 28, 34, 40)],
  ] as const;
  for (const [options, kernel, flags] of cases) {
    using mount = new Mount({ ...options, kernel: null });
    const reply = mount.must(init(KERNELS[kernel]));
    equal(reply.flags, ALWAYS | flags, JSON.stringify(options));
    deepEqual({ ...reply, flags: 0n }, {
      major: 7,
      minor: 45,
      maxReadahead: 0x20000,
      flags: 0n,
      maxBackground: 65535,
      congestionThreshold: 49149,
      maxWrite: 1 << 20,
      timeGran: 1,
      maxPages: 256,
    });
  }
});

Deno.test("INIT: other versions, and a guest that knows little", () => {
  using mount = new Mount({ kernel: null });
  const newer = mount.must(init({ major: 8, minor: 1, flags: 0n }));
  deepEqual([newer.major, newer.minor, newer.flags], [7, 45, 0n]);
  equal(mount.fails(init({ major: 6 })), "EPROTO");
  equal(mount.fails(init({ minor: 26 })), "EPROTO");
  const old = mount.must(init({ minor: 27, flags: bit(0) }));
  deepEqual([old.flags, old.maxPages], [bit(0), 0]);
  // Without INIT_EXT the second word is nobody's.
  const half = mount.must(init({ minor: 38, flags: bit(0, 34, 40) }));
  equal(half.flags, bit(0));
  // Before 7.36 there was no second word.
  const request = init({ minor: 35, flags: bit(0, 30) });
  const short = mount.must({ ...request, args: request.args.slice(0, 16) });
  equal(short.flags, bit(0, 30));
  equal(mount.fails({ ...request, args: request.args.slice(0, 12) }), "EINVAL");
});

Deno.test("INIT, DESTROY and reset() drop everything", () => {
  using mount = new Mount();
  const before = mount.descriptors();
  const drops: readonly (() => void)[] = [
    () => mount.must(init()),
    () => mount.must(destroy()),
    () => mount.server.reset(),
  ];
  for (const drop of drops) {
    const { nodeid, opened: { fh } } = mount.must(
      create(ROOT, "f", O_RDWR, 0o644),
    );
    mount.must(opendir(ROOT));
    equal(mount.descriptors(), before + 3);
    drop();
    equal(mount.descriptors(), before);
    equal(mount.fails(getattr(nodeid)), "ESTALE");
    equal(mount.fails(read(nodeid, fh, 0, 1)), "EBADF");
    // A guest that goes on finds its way from the root.
    notEqual(mount.must(lookup(ROOT, "f")).nodeid, nodeid);
    mount.must(unlink(ROOT, "f"));
    drop();
    equal(mount.descriptors(), before);
  }
});

Deno.test("FORGET and BATCH_FORGET: never an answer", () => {
  using mount = new Mount();
  const before = mount.descriptors();
  const nodes = Array.from(
    { length: 50 },
    (_, i) => mount.must(mkdir(ROOT, `d${i}`, 0o755)).nodeid,
  );
  mount.must(lookup(ROOT, "d0"));
  mount.must(batchForget(nodes.map((nodeid) => [nodeid, 1])));
  equal(mount.descriptors(), before + 1);
  mount.must(batchForget([[nodes[0]!, 1], [nodes[0]!, 5], [999, 1], [0, 1]]));
  equal(mount.descriptors(), before);
  mount.must(forget(ROOT, 1000));
  equal(mount.fails(getattr(ROOT)), "ok");
  // More are announced than came: those that came.
  const again = mount.must(lookup(ROOT, "d1")).nodeid;
  const request = batchForget([[again, 1]]);
  new DataView(request.args.buffer).setUint32(0, 0xffffffff, true);
  mount.must(request);
  equal(mount.descriptors(), before);
  // More than is ever looked at: the first of them.
  const last = mount.must(lookup(ROOT, "d1")).nodeid;
  mount.must(
    batchForget([[last, 1], ...new Array(9000).fill([77, 1] as const)]),
  );
  equal(mount.descriptors(), before);
  // Bytes that are no FORGET: nothing either, even where there is room.
  equal(mount.raw(mount.encode(plain("FORGET", ROOT)), 16).length, 0);
});

Deno.test("Timeouts by cache policy", () => {
  const expected = {
    auto: 1_000_000_000n,
    never: 0n,
    always: DAY,
    metadata: DAY,
  };
  for (const [cache, time] of Object.entries(expected)) {
    using mount = new Mount({ cache: cache as keyof typeof expected });
    const entry = mount.must(mkdir(ROOT, "d", 0o755));
    deepEqual([entry.entryValid, entry.attrValid], [time, time], cache);
    equal(mount.must(getattr(ROOT)).valid, time);
    equal(mount.must(setattr(ROOT, {})).valid, time);
    const { fh } = mount.must(opendir(ROOT));
    const [found] = mount.must(readdirplus(ROOT, fh, 0n)).filter(({ name }) =>
      name === "d"
    );
    equal(found!.entry.entryValid, time);
  }
});

Deno.test("What is read-only is so in the server, too", () => {
  using directory = workspace();
  Deno.mkdirSync(`${directory.path}/d`);
  Deno.writeTextFileSync(`${directory.path}/f`, "1");
  using mount = new Mount({ path: directory.path, readOnly: true });
  const f = mount.must(lookup(ROOT, "f")).nodeid;
  const { fh } = mount.must(open(f, O_RDONLY));
  for (
    const request of [
      mkdir(ROOT, "x", 0o755),
      symlink(ROOT, "x", "y"),
      mknod(ROOT, "x", 0o100644),
      create(ROOT, "x", O_RDWR, 0o644),
      tmpfile(ROOT, O_RDWR, 0o644),
      link(ROOT, "x", f),
      unlink(ROOT, "f"),
      rmdir(ROOT, "d"),
      rename(ROOT, "f", ROOT, "x"),
      rename2(ROOT, "f", ROOT, "x", 0),
      setattr(f, { size: 0 }),
      setxattr(f, "user.x", new Uint8Array(1)),
      fallocate(f, fh, 0, 10),
      open(f, O_RDWR),
      open(f, O_RDONLY | O_TRUNC),
    ]
  ) equal(mount.fails(request), "EROFS", String(request.op));
  equal(mount.must(read(f, fh, 0, 5)).length, 1);
});

Deno.test("Whatever is not served is ENOSYS, and everything else is served", () => {
  using mount = new Mount();
  const missing = Object.keys(OPCODES).filter((name) => !(name in SERVED));
  deepEqual(missing, [
    "GETLK",
    "SETLK",
    "SETLKW",
    "ACCESS",
    "INTERRUPT",
    "BMAP",
    "IOCTL",
    "POLL",
    "NOTIFY_REPLY",
    "SETUPMAPPING",
    "REMOVEMAPPING",
  ]);
  for (
    const op of [
      ...missing as (keyof typeof OPCODES)[],
      0,
      7,
      19,
      54,
      4096,
      0xffffffff,
    ]
  ) {
    equal(mount.fails(plain(op, ROOT, new Uint8Array(64))), "ENOSYS");
  }
  equal(mount.fails(access(ROOT, 4)), "ENOSYS");
  for (const [name, { number }] of Object.entries(SERVED)) {
    equal(number, OPCODES[name as keyof typeof OPCODES], name);
  }
});

Deno.test("Ids that the mount does not have: the owner stays", () => {
  // Without a mapped mount every id can be expressed, and all goes its way.
  using mount = new Mount({ ...DEFAULTS, mappedIds: true });
  const { nodeid } = mount.must(create(ROOT, "f", O_RDWR, 0));
  equal(mount.must(setattr(nodeid, { uid: 5 })).attributes.uid, 5);
  equal(mount.must(statx(nodeid)).mode, 0o100000);
});

Deno.test("Where no devices may be made, none are", () => {
  using mount = new Mount({ devices: false });
  Deno.writeTextFileSync(`${mount.path}/f`, "");
  equal(mount.fails(mknod(ROOT, "x", 0o020644, 0x103)), "EPERM");
  equal(mount.fails(mknod(ROOT, "x", 0o060644, 0x100)), "EPERM");
  equal(mount.fails(mknod(ROOT, "x", 0o020000, 0)), "EPERM");
  equal(mount.fails(rename2(ROOT, "f", ROOT, "g", 4)), "EPERM");
  mount.must(mknod(ROOT, "p", 0o010644));
  mount.must(mknod(ROOT, "r", 0o100644));
});

Deno.test("The log tells of each request at its level debug, and of no other", () => {
  using quiet = new Mount();
  quiet.ask(lookup(ROOT, "missing"));
  deepEqual(quiet.logged, []);
  using mount = new Mount({ verbose: true });
  mount.logged.length = 0;
  mount.as(1000, 1001, () => mount.ask(lookup(ROOT, "miss\ning")));
  mount.ask(rename(ROOT, "a", ROOT, "b"));
  mount.ask(getattr(ROOT));
  mount.ask(forget(7));
  deepEqual(mount.logged, [
    'LOOKUP node 1, 1000:1001 "miss\\ning": ENOENT',
    'RENAME node 1, 0:0 "a" "b": ENOENT',
    "GETATTR node 1, 0:0: 0",
    "FORGET node 7, 0:0: 0",
  ]);
});

Deno.test("In another working directory nothing is served", () => {
  for (const workingDirectory of ["/", "/proc", "/proc/self"]) {
    throws(() => new Mount({ workingDirectory }), StartError);
  }
});

Deno.test("What a file system of the host lacks is not ENOSYS, which would count for all", () => {
  const ENOSYS = 38;
  using mount = new Mount({
    failing: { link_at: ENOSYS, fallocate: ENOSYS, getxattr: ENOSYS },
  });
  const { nodeid, opened: { fh } } = mount.must(
    create(ROOT, "f", O_RDWR, 0o644),
  );
  equal(mount.fails(link(ROOT, "other", nodeid)), "EOPNOTSUPP");
  equal(mount.fails(fallocate(nodeid, fh, 0, 10)), "EOPNOTSUPP");
  equal(mount.fails(getxattr(nodeid, "user.a")), "EOPNOTSUPP");
  equal(mount.fails(getxattr(nodeid, "system.posix_acl_access")), "EOPNOTSUPP");
});
