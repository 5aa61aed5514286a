/**
 * Mapped ids: the guest's ids 0 to 999 are the host's from 100000 on, and it has
 * no others. Ours does it by an id-mapped mount, which the kernel keeps to;
 * virtiofsd translates numbers, and leaves those alone for which it has no rule.
 */
import { equal } from "node:assert/strict";
import {
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../../ffi/constants.ts";
import type { Entry } from "../../../src/vhost_user_fs/client/replies.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  setattr,
  setxattr,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { opendir } from "../../../src/vhost_user_fs/client/requests/directories.ts";
import {
  open,
  write,
} from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { nodeOf } from "../support/share_files.ts";
import {
  forEachServer,
  outcome,
  type Place,
  type Setup,
  type Trial,
} from "../support/each_server.ts";

const FIRST = 100_000, COUNT = 1000;
/** One that the guest has, and one that it does not have. */
const USER = 5, GROUP = 7, STRANGER = COUNT;
const NOBODY = 65_534;

const ARGS = ["uid", "gid"].flatMap((what) => [
  `--translate-${what}=map:0:${FIRST}:${COUNT}`,
  `--translate-${what}=forbid-guest:${COUNT}:${2 ** 32 - 1 - COUNT}`,
]);

function setup(prepare?: (place: Place) => void): Setup {
  return {
    args: ARGS,
    servers: ["ours", "1.13"],
    needs: ["mapped tmpfs"],
    prepare(place) {
      place.system.mountTmpfs(
        place.path(""),
        `mode=755,uid=${FIRST},gid=${FIRST}`,
      );
      prepare?.(place);
    },
  };
}

function makeFiles({ host, path }: Place): void {
  const owners = [
    ["own", FIRST, FIRST],
    ["user", FIRST + USER, FIRST + GROUP],
    ["root", 0, 0],
    ["half", FIRST, 0],
    ["above", FIRST + COUNT, FIRST + COUNT],
  ] as const;
  for (const [name, uid, gid] of owners) {
    Deno.writeTextFileSync(path(name), "hello");
    host.lchown(path(name), uid, gid);
  }
}

const owned = ({ uid, gid }: { uid: number; gid: number }) => `${uid}:${gid}`;

const onHost = ({ host, path }: Trial, name: string) =>
  owned(host.lstat(path(name)));

forEachServer("mapped ids: owners as the guest sees them", (trial) => {
  const seen = (name: string) =>
    owned(trial.must(getattr(nodeOf(trial, name))).attributes);
  equal(seen("own"), "0:0");
  equal(seen("user"), `${USER}:${GROUP}`);
  const nobody = `${NOBODY}:${NOBODY}`;
  trial.observe("a stranger's owner, mapped: root", seen("root"), nobody);
  trial.observe("a stranger's owner, mapped: above", seen("above"), nobody);
  trial.observe(
    "a stranger's owner, mapped: half",
    seen("half"),
    `0:${NOBODY}`,
  );
}, setup(makeFiles));

type Maker = [string, (name: string) => Request<Entry>];

const MAKERS: readonly Maker[] = [
  ["MKDIR", (name) => names.mkdir(ROOT, name, 0o751)],
  ["MKNOD", (name) => names.mknod(ROOT, name, 0o100640)],
  ["SYMLINK", (name) => names.symlink(ROOT, name, "target")],
  ["CREATE", (name) => names.create(ROOT, name, O_RDWR | O_EXCL, 0o640)],
];

forEachServer("mapped ids: what is made belongs to who asked", (trial) => {
  trial.host.chmod(trial.path(""), 0o777);
  const ids = [[0, 0], [USER, GROUP], [0, GROUP], [COUNT - 1, COUNT - 1]];
  for (const [uid, gid] of ids as [number, number][]) {
    for (const [what, make] of MAKERS) {
      const name = `${what} of ${uid}:${gid}`;
      const { attributes } = trial.session.as(
        { uid, gid },
        () => trial.must(make(name)),
      );
      equal(owned(attributes), `${uid}:${gid}`, name);
      equal(onHost(trial, name), `${FIRST + uid}:${FIRST + gid}`, name);
    }
  }
}, setup());

forEachServer("mapped ids: for a stranger nothing is made", (trial) => {
  trial.host.chmod(trial.path(""), 0o777);
  for (const [uid, gid] of [[STRANGER, 0], [0, STRANGER], [NOBODY, NOBODY]]) {
    for (const [what, make] of MAKERS) {
      trial.session.as(
        { uid: uid!, gid: gid! },
        () =>
          trial.expect(`${what} by a stranger, mapped`, make("x"), "EOVERFLOW"),
      );
    }
  }
  equal(trial.host.names(trial.path("")).join(), "");
}, setup());

forEachServer("mapped ids: SETATTR of an owner", (trial) => {
  const { nodeid } = trial.must(names.lookup(ROOT, "own"));
  trial.must(setattr(nodeid, { uid: USER, gid: GROUP }));
  equal(onHost(trial, "own"), `${FIRST + USER}:${FIRST + GROUP}`);
  for (const change of [{ uid: STRANGER }, { gid: STRANGER }]) {
    trial.expect(
      "SETATTR to a stranger, mapped",
      setattr(nodeid, change),
      "EOVERFLOW",
    );
  }
  equal(onHost(trial, "own"), `${FIRST + USER}:${FIRST + GROUP}`);
}, setup(makeFiles));

forEachServer("mapped ids: a stranger's file stays as it is", (trial) => {
  const { host, path, session } = trial;
  for (const name of ["root", "half", "above"]) {
    host.chmod(path(name), 0o644);
    const before = host.lstat(path(name));
    const { nodeid } = trial.must(names.lookup(ROOT, name));
    const requests: [string, Request<unknown>][] = [
      ["chown", setattr(nodeid, { uid: 0, gid: 0 })],
      ["chown to nobody", setattr(nodeid, { uid: NOBODY, gid: NOBODY })],
      ["chmod", setattr(nodeid, { mode: 0o777 })],
      ["truncate", setattr(nodeid, { size: 1 })],
      ["times", setattr(nodeid, { mtime: 1n })],
      ["open for writing", open(nodeid, O_WRONLY)],
      ["truncate when opening", open(nodeid, O_RDONLY | O_TRUNC)],
      ["xattr", setxattr(nodeid, "user.a", new Uint8Array(1))],
      ["link", names.link(ROOT, "another", nodeid)],
      ["rename", names.rename(ROOT, name, ROOT, "another")],
      ["unlink", names.unlink(ROOT, name)],
    ];
    for (const [what, request] of requests) {
      const answer = outcome(session.ask(request));
      const refused = /^E(ACCES|PERM|OVERFLOW)$/.test(answer);
      equal(refused, true, `${what} of ${name}: ${answer}`);
    }
    trial.must(open(nodeid, O_RDONLY));
    const after = host.lstat(path(name));
    equal(
      JSON.stringify({ ...after, atime: 0 }, text),
      JSON.stringify({ ...before, atime: 0 }, text),
    );
  }
}, { ...setup(makeFiles), servers: ["ours"] });

const text = (_: string, value: unknown) =>
  typeof value === "bigint" ? String(value) : value;

forEachServer("mapped ids: a supplementary group is the guest's", (trial) => {
  const parent = nodeOf(trial, "d");
  const make = (name: string, group?: number) => ({
    ...names.mkdir(parent, name, 0o755),
    ...group !== undefined && { group },
  });
  trial.session.as({ uid: USER, gid: USER }, () => {
    trial.expect("MKDIR without the group, mapped", make("a"), "EACCES");
    trial.expect("MKDIR with the group, mapped", make("b", GROUP));
  });
  equal(onHost(trial, "d/b"), `${FIRST + USER}:${FIRST + USER}`);
}, {
  ...setup(({ host, path }) => {
    Deno.mkdirSync(path("d"));
    host.lchown(path("d"), FIRST, FIRST + GROUP);
    host.chmod(path("d"), 0o770);
  }),
});

forEachServer("mapped ids: no devices, and no whiteouts", (trial) => {
  trial.must(names.mknod(ROOT, "file", 0o100644));
  for (
    const [what, type, device] of [
      ["a device", 0o020000, 0x103],
      ["a disk", 0o060000, 0x700],
      ["a whiteout", 0o020000, 0],
    ] as const
  ) {
    trial.expect(
      `MKNOD of ${what}, mapped`,
      names.mknod(ROOT, "x", type | 0o666, device),
      "EPERM",
    );
  }
  trial.expect(
    "RENAME2 with a whiteout, mapped",
    names.rename2(ROOT, "file", ROOT, "y", 4),
    "EPERM",
  );
  trial.must(names.mknod(ROOT, "fifo", 0o010644));
}, { ...setup(), servers: ["ours"] });

forEachServer("mapped ids: one user is the guest's root", (trial) => {
  const { nodeid, attributes } = trial.must(names.mkdir(ROOT, "d", 0o755));
  equal(owned(attributes), "0:0");
  equal(onHost(trial, "d"), "5:60");
  trial.must(opendir(nodeid));
  trial.session.as(
    { uid: 1, gid: 0 },
    () =>
      trial.expect(
        "MKDIR by another",
        names.mkdir(nodeid, "x", 0o755),
        "EOVERFLOW",
      ),
  );
  trial.must(write(
    nodeOf(trial, "theirs"),
    trial.must(open(nodeOf(trial, "theirs"), O_RDWR)).fh,
    0,
    new Uint8Array(1),
  ));
}, {
  servers: ["ours"],
  // On every Debian, and nobody else's: base-passwd has both.
  args: ["--map-root=games"],
  needs: ["mapped tmpfs"],
  prepare({ system, host, path }) {
    system.mountTmpfs(path(""), "mode=755,uid=5,gid=60");
    Deno.writeTextFileSync(path("theirs"), "");
    host.lchown(path("theirs"), 5, 60);
  },
});
