/** POSIX ACLs: the guest's kernel checks by them, the host's keeps and inherits them. */
import { deepEqual, equal, match } from "node:assert/strict";
import { O_EXCL, O_RDWR } from "../../../ffi/constants.ts";
import type { Entry } from "../../../src/vhost_user_fs/client/replies.ts";
import {
  plain,
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  getxattr,
  listxattr,
  removexattr,
  setattr,
  setxattr,
  setxattrExt,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import {
  INIT,
  init,
  KERNELS,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import { nodeOf } from "../support/share_files.ts";
import {
  forEachServer,
  type Place,
  type Setup,
} from "../support/each_server.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const ACCESS = "system.posix_acl_access";
const DEFAULT = "system.posix_acl_default";
const KILL_SGID = 1;
const USER = 1234, GROUP = 2345, OTHER = 3456;
const FLAGS = ["POSIX_ACL", "DONT_MASK", "SETXATTR_EXT"] as const;

/** `struct posix_acl_xattr_header` and entries: tag, rights, id. */
function acl(rights: {
  readonly owner: number;
  readonly user?: number;
  readonly groups: number;
  readonly group?: number;
  readonly mask: number;
  readonly others: number;
}): Bytes {
  const { owner, user = 0, groups, group = 0, mask, others } = rights;
  const entries = [
    ...[[1, owner, 2 ** 32 - 1], [2, user, USER], [4, groups, 2 ** 32 - 1]],
    ...[[8, group, OTHER], [16, mask, 2 ** 32 - 1], [32, others, 2 ** 32 - 1]],
  ];
  const bytes = new Uint8Array(4 + 8 * entries.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 2, true);
  entries.forEach(([tag, rights, id], at) => {
    view.setUint16(4 + 8 * at, tag!, true);
    view.setUint16(6 + 8 * at, rights!, true);
    view.setUint32(8 + 8 * at, id!, true);
  });
  return bytes;
}

const WRITER = acl({
  owner: 7,
  user: 7,
  groups: 0,
  group: 7,
  mask: 7,
  others: 0,
});
const INHERITED = acl({ owner: 7, user: 5, groups: 7, mask: 7, others: 7 });

function makeFiles({ host, path }: Place): void {
  for (const name of ["plain", "inherits", "named"]) {
    Deno.mkdirSync(path(name));
    host.chmod(path(name), 0o700);
  }
  host.setXattr(path("inherits"), DEFAULT, INHERITED);
  host.setXattr(path("named"), ACCESS, WRITER);
  Deno.writeTextFileSync(path("file"), "hello");
}

/** A share whose file system has ACLs, wherever the tests run. */
function setup(more: Setup = {}): Setup {
  return {
    servers: ["ours", "1.13"],
    args: ["--posix-acl"],
    needs: ["mount"],
    prepare(place) {
      place.system.mountTmpfs(place.path(""), "mode=755");
      makeFiles(place);
    },
    ...more,
  };
}

const flagsOf = ({ flags }: { flags: bigint }) =>
  FLAGS.filter((name) => flags >> BigInt(INIT[name]) & 1n).join(" ");

forEachServer("ACLs: what is agreed on", (trial) => {
  equal(flagsOf(trial.initReply), FLAGS.join(" "));
}, setup());

for (const missing of FLAGS) {
  const flags = KERNELS["6.12"].flags & ~(1n << BigInt(INIT[missing]));
  forEachServer(
    `ACLs: a guest without ${missing} is refused`,
    async (trial) => {
      trial.frontEnd.start();
      trial.expect(`INIT without ${missing}`, init({ flags }), "EPROTO");
      trial.session.must(init());
      trial.must(getxattr(nodeOf(trial, "named"), ACCESS));
      const { output } = await trial.running.stop();
      if (trial.server === "ours") match(output, /error: .*--posix-acl=auto/);
    },
    setup({ init: false }),
  );
  forEachServer(`ACLs: a guest without ${missing} does without`, (trial) => {
    equal(flagsOf(trial.initReply), "");
    const node = nodeOf(trial, "named");
    for (
      const request of [
        getxattr(node, ACCESS),
        setxattr(node, ACCESS, WRITER),
        removexattr(node, ACCESS),
      ] as Request<unknown>[]
    ) trial.expect(`${request.op} of an ACL`, request, "EOPNOTSUPP");
    equal(trial.must(listxattr(node, 0)), 0);
    // The guest has applied the umask.
    const made = trial.must(names.mkdir(ROOT, "d", 0o777, 0o077));
    equal(made.attributes.mode & 0o777, 0o777);
  }, setup({ init: { flags }, servers: ["ours"], args: ["--posix-acl=auto"] }));
}

forEachServer("ACLs are read, set, listed and removed", (trial) => {
  const { host, path } = trial;
  const node = nodeOf(trial, "file");
  trial.expect("GETXATTR of no ACL", getxattr(node, ACCESS), "ENODATA");
  trial.must(setxattrExt(node, ACCESS, WRITER));
  deepEqual(host.xattr(path("file"), ACCESS), WRITER);
  deepEqual(trial.must(getxattr(node, ACCESS)), WRITER);
  // The mask stands for the group's bits.
  equal(trial.must(getattr(node)).attributes.mode & 0o777, 0o770);
  equal(trial.must(listxattr(node, 0)), ACCESS.length + 1);
  trial.must(setattr(node, { mode: 0o640 }));
  deepEqual(
    trial.must(getxattr(node, ACCESS)),
    acl({ owner: 6, user: 7, groups: 0, group: 7, mask: 4, others: 0 }),
  );
  trial.must(removexattr(node, ACCESS));
  equal(trial.must(listxattr(node, 0)), 0);
  trial.expect(
    "SETXATTR of an ACL of another version",
    setxattrExt(node, ACCESS, new Uint8Array(12)),
    "EOPNOTSUPP",
  );
  trial.expect(
    "SETXATTR of a file's default ACL",
    setxattrExt(node, DEFAULT, INHERITED),
    "EACCES",
  );
  trial.must(setxattrExt(node, "user.a", new Uint8Array(3)));
  deepEqual(host.xattr(path("file"), "user.a"), new Uint8Array(3));
}, setup({ needs: ["mount", "big xattrs"] }));

forEachServer("ACLs: a SETXATTR that is cut is refused", (trial) => {
  const node = nodeOf(trial, "file");
  for (const length of [8, 12, 16, 18]) {
    const args = new Uint8Array(length).fill(0x61, 16);
    trial.expect(
      `SETXATTR of ${length}`,
      plain("SETXATTR", node, args),
      "EINVAL",
    );
  }
  trial.must(setxattrExt(node, "user.a", new Uint8Array(1)));
}, setup({ servers: ["ours"], needs: ["mount", "big xattrs"] }));

const MAKERS: readonly [
  string,
  (parent: number, mode: number, umask: number) => Request<Entry>,
][] = [
  ["MKDIR", (parent, mode, umask) => names.mkdir(parent, "d", mode, umask)],
  [
    "MKNOD",
    (parent, mode, umask) =>
      names.mknod(parent, "n", 0o100000 | mode, 0, umask),
  ],
  [
    "CREATE",
    (parent, mode, umask) =>
      names.create(parent, "c", O_RDWR | O_EXCL, mode, umask),
  ],
  [
    "TMPFILE",
    (parent, mode, umask) => names.tmpfile(parent, O_RDWR, mode, umask),
  ],
];

for (const [uid, gid] of [[0, 0], [USER, GROUP]] as const) {
  forEachServer(
    `the umask counts where no default ACL does, for ${uid}:${gid}`,
    (trial) => {
      const { host, path, session } = trial;
      const parents = [nodeOf(trial, "plain"), nodeOf(trial, "inherits")];
      for (const name of ["plain", "inherits"]) {
        host.lchown(path(name), uid, gid);
      }
      const makers = trial.server === "ours" ? MAKERS : MAKERS.slice(0, 3);
      for (const [what, make] of makers) {
        const modes = parents.map((parent) => {
          const made = session.as(
            { uid, gid },
            () => trial.must(make(parent, 0o777, 0o027)),
          );
          return (made.attributes.mode & 0o777).toString(8);
        });
        deepEqual(modes, ["750", "777"], what);
      }
      deepEqual(
        host.xattr(path("inherits/c"), ACCESS),
        acl({ owner: 7, user: 5, groups: 7, mask: 7, others: 7 }),
      );
      // It is gone again.
      const last = trial.must(names.mkdir(parents[0]!, "last", 0o777));
      equal(last.attributes.mode & 0o777, 0o777);
    },
    setup(),
  );
}

forEachServer(
  "an ACL clears the setgid bit where the guest says so",
  (trial) => {
    const { host, path } = trial;
    const node = nodeOf(trial, "file");
    const setgid = () => (host.lstat(path("file")).mode & 0o2000) !== 0;
    host.lchown(path("file"), USER, GROUP);
    host.chmod(path("file"), 0o2770);
    trial.must(setxattrExt(node, ACCESS, WRITER));
    equal(setgid(), true);
    trial.must(setxattrExt(node, ACCESS, WRITER, { more: KILL_SGID }));
    equal(setgid(), false);
    host.chmod(path("file"), 0o2770);
    trial.must(setxattrExt(node, ACCESS, WRITER));
    equal(setgid(), true);
  },
  setup(),
);

forEachServer("who may write by an ACL makes something", (trial) => {
  const named = nodeOf(trial, "named");
  trial.session.as(
    { uid: USER, gid: GROUP },
    () => trial.must(names.mkdir(named, "by user", 0o755)),
  );
  // The guest's kernel sends only the directory's own group.
  trial.session.as({ uid: 1, gid: 1 }, () =>
    trial.expect(
      "MKDIR by a group of an ACL, as a user",
      names.mkdir(named, "by group", 0o755),
    ));
}, setup());

forEachServer("ACLs name the guest's ids where ids are mapped", (trial) => {
  const { host, path } = trial;
  const node = nodeOf(trial, "mine");
  trial.must(setxattrExt(node, ACCESS, WRITER));
  deepEqual(trial.must(getxattr(node, ACCESS)), WRITER);
  const onHost = host.xattr(path("mine"), ACCESS)!;
  const view = new DataView(onHost.buffer);
  equal(view.getUint32(4 + 8 + 4, true), 100_000 + USER);
  equal(view.getUint32(4 + 24 + 4, true), 100_000 + OTHER);
}, {
  servers: ["ours"],
  needs: ["mapped tmpfs"],
  args: ["--posix-acl", "--map-uid=0:100000:65536", "--map-gid=0:100000:65536"],
  prepare({ system, host, path }) {
    system.mountTmpfs(path(""), "mode=755,uid=100000,gid=100000");
    Deno.writeTextFileSync(path("mine"), "");
    host.lchown(path("mine"), 100_000, 100_000);
  },
});
