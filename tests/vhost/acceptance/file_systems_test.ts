/** What the file system below answers passes through; mounts inside of the share. */
import { equal, notEqual } from "node:assert/strict";
import {
  O_DIRECT,
  O_NOATIME,
  O_RDONLY,
  O_RDWR,
} from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  setattr,
  statfs,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  opendir,
  readdirplus,
} from "../../../src/vhost_user_fs/client/requests/directories.ts";
import {
  fallocate,
  open,
  read,
  write,
} from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { lookUp, makeFiles, nodeOf } from "../support/share_files.ts";
import { forEachServer } from "../support/each_server.ts";

forEachServer("a full file system says ENOSPC", (trial) => {
  const small = nodeOf(trial, "small");
  const { nodeid, opened: { fh } } = trial.must(
    names.create(small, "f", O_RDWR, 0o644),
  );
  const part = new Uint8Array(65536);
  const { value, errno } = trial.session.ask(
    write(nodeid, fh, 0, new Uint8Array(131072)),
  );
  trial.observe("WRITE of more than fits", `${errno} ${value}`, "0 65536");
  trial.expect(
    "WRITE to a full file system",
    write(nodeid, fh, 65536, part),
    "ENOSPC",
  );
  trial.expect(
    "FALLOCATE on a full file system",
    fallocate(nodeid, fh, 65536, 65536),
    "ENOSPC",
  );
  trial.must(names.mkdir(small, "d", 0o755));
  trial.expect(
    "MKDIR without an inode left",
    names.mkdir(small, "e", 0o755),
    "ENOSPC",
  );
  trial.must(setattr(nodeid, { size: 0 }));
  equal(trial.must(write(nodeid, fh, 0, part)), 65536);
  equal(trial.must(statfs(small)).blocks, 16n);
  equal(trial.must(statfs(ROOT)).blocks > 16n, true);
}, {
  needs: ["mount"],
  prepare({ system, path }) {
    Deno.mkdirSync(path("small"));
    system.mountTmpfs(path("small"), "size=64k,nr_inodes=3,mode=755");
  },
});

forEachServer("mounts inside of the share", (trial) => {
  const { host, path } = trial;
  const entry = trial.must(names.lookup(ROOT, "mounted"));
  trial.observe(
    "LOOKUP's flags of a mount",
    String(entry.attributes.flags),
    "1",
  );
  equal(entry.attributes.ino, host.lstat(path("mounted")).ino);
  const inner = trial.must(names.lookup(entry.nodeid, "inner"));
  equal(inner.attributes.flags, 0);
  notEqual(inner.nodeid, nodeOf(trial, "dir"));
  const { flags } = trial.must(getattr(entry.nodeid)).attributes;
  trial.observe("GETATTR's flags of a mount", String(flags), "1");
  const { fh } = trial.must(opendir(ROOT));
  const listed = trial.must(readdirplus(ROOT, fh, 0n)).find(({ name }) =>
    name === "mounted"
  );
  equal(listed?.entry.nodeid, entry.nodeid);
  equal(listed?.entry.attributes.flags, entry.attributes.flags);
  lookUp(trial, "file");
  trial.expect(
    "RENAME to another file system",
    names.rename(ROOT, "file", entry.nodeid, "x"),
    "EXDEV",
  );
  trial.expect(
    "LINK to another file system",
    names.link(entry.nodeid, "x", nodeOf(trial, "file")),
    "EXDEV",
  );
  trial.expect("RMDIR of a mount", names.rmdir(ROOT, "mounted"), "EBUSY");
}, {
  needs: ["mount"],
  prepare(place) {
    makeFiles(place);
    Deno.mkdirSync(place.path("mounted"));
    place.system.mountTmpfs(place.path("mounted"), "size=64k,mode=755");
    Deno.mkdirSync(place.path("mounted/inner"));
  },
});

forEachServer("a read-only mount inside of the share says EROFS", (trial) => {
  const dir = nodeOf(trial, "dir");
  const inner = nodeOf(trial, "inner", dir);
  lookUp(trial, "dir");
  trial.expect(
    "MKDIR on a read-only mount",
    names.mkdir(dir, "x", 0o755),
    "EROFS",
  );
  trial.expect(
    "OPEN for writing on a read-only mount",
    open(inner, O_RDWR),
    "EROFS",
  );
  trial.expect(
    "SETATTR on a read-only mount",
    setattr(inner, { mode: 0o600 }),
    "EROFS",
  );
  trial.expect(
    "UNLINK on a read-only mount",
    names.unlink(dir, "inner"),
    "EROFS",
  );
  trial.must(open(inner, O_RDONLY));
}, {
  needs: ["mount"],
  prepare(place) {
    makeFiles(place);
    place.system.mountReadOnly(place.path("dir"));
  },
});

forEachServer("immutable files say EPERM", (trial) => {
  const { host, path } = trial;
  const file = nodeOf(trial, "file");
  host.setImmutable(path("file"), true);
  try {
    trial.expect(
      "OPEN for writing of an immutable file",
      open(file, O_RDWR),
      "EPERM",
    );
    trial.expect(
      "UNLINK of an immutable file",
      names.unlink(ROOT, "file"),
      "EPERM",
    );
    trial.expect(
      "SETATTR of an immutable file",
      setattr(file, { mode: 0o600 }),
      "EPERM",
    );
    trial.expect(
      "LINK of an immutable file",
      names.link(ROOT, "x", file),
      "EPERM",
    );
  } finally {
    host.setImmutable(path("file"), false);
  }
}, { prepare: makeFiles, needs: ["immutable"] });

forEachServer("flags that could do harm are left out of OPEN", (trial) => {
  const { host, path } = trial;
  host.lchown(path("file"), 5, 5);
  const file = nodeOf(trial, "file");
  for (const flags of [O_DIRECT, O_NOATIME]) {
    const { fh } = trial.must(open(file, O_RDWR | flags));
    equal(
      trial.must(read(file, fh, 1, 3)).length,
      3,
      "an offset that O_DIRECT does not allow",
    );
  }
}, { prepare: makeFiles });

forEachServer(
  "what the budget of descriptors does not hold is ENFILE, and the rest goes on",
  (trial) => {
    const errnos = new Set<number>();
    const nodes: number[] = [];
    for (let index = 0; index < 1000; index++) {
      const { errno, value } = trial.session.ask(
        names.lookup(ROOT, `f${index}`),
      );
      if (errno === 0) nodes.push(value!.nodeid);
      errnos.add(errno);
    }
    trial.observe(
      "LOOKUP beyond the budget",
      [...errnos].sort().join(),
      "0,23",
    );
    equal(nodes.length > 50, true);
    trial.must(getattr(nodes[0]!));
    trial.expect("OPEN beyond the budget", open(nodes[0]!, O_RDONLY), "ENFILE");
    trial.must(statfs(ROOT));
  },
  {
    args: ["--rlimit-nofile=900"],
    prepare({ path }) {
      for (let index = 0; index < 1000; index++) {
        Deno.writeTextFileSync(
          path(`f${index}`),
          "",
        );
      }
    },
  },
);
