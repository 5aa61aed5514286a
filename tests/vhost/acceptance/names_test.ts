/** Requests that find and make something in a directory: what they do, and every errno that can be had. */
import { deepEqual, equal } from "node:assert/strict";
import {
  O_CREAT,
  O_EXCL,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFREG,
  S_IFSOCK,
} from "../../../ffi/constants.ts";
import type { Entry } from "../../../src/vhost_user_fs/client/replies.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { lookUp, makeFiles, nodeOf } from "../support/share_files.ts";
import { forEachServer, sameAsHost } from "../support/each_server.ts";

const LONGEST = "n".repeat(255);
const TOO_LONG = "n".repeat(256);

forEachServer("LOOKUP finds each type of file", (trial) => {
  const { host, path } = trial;
  for (const name of ["file", "dir", "link", "out", "fifo", "null"]) {
    const entry = trial.must(names.lookup(ROOT, name));
    sameAsHost(entry.attributes, host, path(name));
    equal(entry.nodeid > 1, true);
  }
}, { prepare: makeFiles });

forEachServer("LOOKUP and its errnos", (trial) => {
  const dir = nodeOf(trial, "dir");
  const rows: [string, Request<Entry>, string][] = [
    ["LOOKUP of a missing name", names.lookup(ROOT, "missing"), "ENOENT"],
    [
      "LOOKUP below a file",
      names.lookup(nodeOf(trial, "file"), "x"),
      "ENOTDIR",
    ],
    [
      "LOOKUP below a symlink",
      names.lookup(nodeOf(trial, "link"), "x"),
      "ENOTDIR",
    ],
    ["LOOKUP of 255 bytes", names.lookup(ROOT, LONGEST), "ENOENT"],
    ["LOOKUP of 256 bytes", names.lookup(ROOT, TOO_LONG), "ENAMETOOLONG"],
    ["LOOKUP within an unknown node", names.lookup(987_654, "x"), "ESTALE"],
    [
      "LOOKUP of a name that is not UTF-8",
      names.lookup(dir, new Uint8Array([0xff, 0xfe])),
      "ENOENT",
    ],
  ];
  for (const row of rows) trial.expect(...row);
}, { prepare: makeFiles });

forEachServer(
  "MKDIR, MKNOD and SYMLINK make what they are asked for",
  (trial) => {
    const { host, path } = trial;
    const rows: [string, Request<Entry>, number][] = [
      ["made", names.mkdir(ROOT, "made", 0o1751), S_IFDIR | 0o1751],
      [LONGEST, names.mkdir(ROOT, LONGEST, 0o700), S_IFDIR | 0o700],
      ["plain", names.mknod(ROOT, "plain", S_IFREG | 0o640), S_IFREG | 0o640],
      ["pipe", names.mknod(ROOT, "pipe", S_IFIFO | 0o604), S_IFIFO | 0o604],
      [
        "socket",
        names.mknod(ROOT, "socket", S_IFSOCK | 0o600),
        S_IFSOCK | 0o600,
      ],
      [
        "char",
        names.mknod(ROOT, "char", S_IFCHR | 0o600, 0x103),
        S_IFCHR | 0o600,
      ],
      [
        "block",
        names.mknod(ROOT, "block", S_IFBLK | 0o660, 0x701),
        S_IFBLK | 0o660,
      ],
      ["symlink", names.symlink(ROOT, "symlink", "to/../somewhere"), 0o120777],
    ];
    for (const [name, request, mode] of rows) {
      const entry = trial.must(request);
      equal(entry.attributes.mode, mode, name);
      sameAsHost(entry.attributes, host, path(name));
      equal(nodeOf(trial, name), entry.nodeid, name);
    }
    equal(Deno.readLinkSync(path("symlink")), "to/../somewhere");
    equal(host.lstat(path("char")).rdev, 0x103n);
  },
);

forEachServer("MKDIR, MKNOD and SYMLINK: errnos", (trial) => {
  const makers: [string, (parent: number, name: string) => Request<Entry>][] = [
    ["MKDIR", (parent, name) => names.mkdir(parent, name, 0o755)],
    ["MKNOD", (parent, name) => names.mknod(parent, name, S_IFREG | 0o644)],
    ["SYMLINK", (parent, name) => names.symlink(parent, name, "target")],
    [
      "CREATE with O_EXCL",
      (parent, name) => names.create(parent, name, O_RDWR | O_EXCL, 0o644),
    ],
    [
      "LINK",
      (parent, name) => names.link(parent, name, nodeOf(trial, "other")),
    ],
  ];
  for (const [what, make] of makers) {
    trial.expect(
      `${what} of a name that is taken`,
      make(ROOT, "file"),
      "EEXIST",
    );
    trial.expect(`${what} over a symlink`, make(ROOT, "out"), "EEXIST");
    trial.expect(
      `${what} below a file`,
      make(nodeOf(trial, "file"), "x"),
      "ENOTDIR",
    );
    trial.expect(`${what} of 256 bytes`, make(ROOT, TOO_LONG), "ENAMETOOLONG");
    trial.expect(
      `${what} within an unknown node`,
      make(987_654, "x"),
      "ESTALE",
    );
  }
  trial.expect(
    "MKNOD of a directory",
    names.mknod(ROOT, "d", S_IFDIR | 0o755),
    "EPERM",
  );
  trial.expect(
    "SYMLINK to nothing",
    names.symlink(ROOT, "to nothing", ""),
    "ENOENT",
  );
  trial.expect(
    "SYMLINK of 4095 bytes",
    names.symlink(ROOT, "long", "t".repeat(4095)),
  );
  trial.expect(
    "SYMLINK of 4096 bytes",
    names.symlink(ROOT, "longer", "t".repeat(4096)),
    "ENAMETOOLONG",
  );
  const gone = trial.must(names.mkdir(ROOT, "gone", 0o755)).nodeid;
  trial.must(names.rmdir(ROOT, "gone"));
  trial.expect(
    "MKDIR in a removed directory",
    names.mkdir(gone, "x", 0o755),
    "ENOENT",
  );
}, { prepare: makeFiles });

forEachServer("CREATE opens what it makes", (trial) => {
  const { host, path } = trial;
  const made = trial.must(
    names.create(ROOT, "made", O_WRONLY | O_CREAT, 0o4711),
  );
  sameAsHost(made.attributes, host, path("made"));
  equal(made.attributes.mode, S_IFREG | 0o4711);
  const data = new TextEncoder().encode("data");
  equal(trial.must(files.write(made.nodeid, made.opened.fh, 0, data)), 4);
  equal(Deno.readTextFileSync(path("made")), "data");

  const again = trial.expect(
    "CREATE of a file that is there",
    names.create(ROOT, "file", O_RDWR | O_CREAT, 0o600),
  );
  equal(again?.nodeid, nodeOf(trial, "file"));
  equal(again?.attributes.mode, host.lstat(path("file")).mode);
  const cut = trial.must(
    names.create(ROOT, "other", O_RDWR | O_CREAT | O_TRUNC, 0o600),
  );
  equal(host.lstat(path("other")).size, 0n);
  equal(cut.nodeid, nodeOf(trial, "other"));
}, { prepare: makeFiles });

forEachServer(
  "CREATE opens no special file and follows no symlink",
  (trial) => {
    const { host, path } = trial;
    const create = (name: string) =>
      names.create(ROOT, name, O_RDWR | O_CREAT, 0o600);
    trial.expect("CREATE over a directory", create("dir"), "EISDIR");
    trial.expect(
      "CREATE over a symlink to the outside",
      create("out"),
      "ELOOP",
    );
    trial.expect("CREATE over a symlink to a file", create("link"), "ELOOP");
    trial.expect("CREATE over a device", create("null"), "EBADF");
    if (trial.server === "ours") {
      trial.expect(
        "CREATE over a FIFO",
        create("fifo"),
        "EBADF",
      );
    }
    equal(host.lstat(path("dir/inner")).size, 0n);
  },
  { prepare: makeFiles },
);

forEachServer("TMPFILE makes a file without a name", (trial) => {
  const { host, path } = trial;
  const made = trial.expect("TMPFILE", names.tmpfile(ROOT, O_RDWR, 0o640));
  if (made === undefined) return;
  equal(made.attributes.nlink, 0);
  equal(made.attributes.mode, S_IFREG | 0o640);
  deepEqual(host.names(path("")), []);
  trial.must(files.write(made.nodeid, made.opened.fh, 0, new Uint8Array(3)));
  const linked = trial.must(names.link(ROOT, "named", made.nodeid));
  equal(linked.nodeid, made.nodeid);
  equal(host.lstat(path("named")).size, 3n);
});

forEachServer("LINK gives a file another name", (trial) => {
  const { host, path } = trial;
  for (const name of ["file", "link", "fifo", "null"]) {
    const old = nodeOf(trial, name);
    const entry = trial.must(
      names.link(nodeOf(trial, "dir"), `${name} too`, old),
    );
    equal(entry.nodeid, old, name);
    equal(entry.attributes.nlink, 2, name);
    sameAsHost(entry.attributes, host, path(`dir/${name} too`));
  }
  trial.expect(
    "LINK of a directory",
    names.link(ROOT, "x", nodeOf(trial, "dir")),
    "EPERM",
  );
  trial.expect(
    "LINK of an unknown node",
    names.link(ROOT, "x", 987_654),
    "ESTALE",
  );
  const gone = nodeOf(trial, "other");
  lookUp(trial, "other");
  trial.must(names.unlink(ROOT, "other"));
  trial.expect("LINK of a removed file", names.link(ROOT, "x", gone), "ENOENT");
}, { prepare: makeFiles });
