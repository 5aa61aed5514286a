/** Directories: what is listed, from where, and what references that makes. */
import { deepEqual, equal } from "node:assert/strict";
import { O_RDONLY, O_RDWR } from "../../../ffi/constants.ts";
import type { DirectoryEntry } from "../../../src/vhost_user_fs/client/replies.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as directories from "../../../src/vhost_user_fs/client/requests/directories.ts";
import { open } from "../../../src/vhost_user_fs/client/requests/files.ts";
import {
  lookup,
  rmdir,
  unlink,
} from "../../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../../src/vhost_user_fs/client/requests/session.ts";
import {
  forEachServer,
  type Place,
  sameAsHost,
  type Trial,
} from "../support/each_server.ts";

const COUNT = 200;

function makeFiles({ host, path }: Place): void {
  for (let index = 0; index < COUNT; index++) {
    Deno.writeTextFileSync(path(`file ${index} ${"n".repeat(index)}`), "");
  }
  Deno.mkdirSync(path("dir"));
  host.symlink("x", path("link"));
  host.mkfifo(path("fifo"));
}

/** Lists a whole directory in steps of `size` bytes. */
function listed<E extends DirectoryEntry>(
  trial: Trial,
  node: number,
  fh: bigint,
  size: number,
  how: (
    node: number,
    fh: bigint,
    offset: bigint,
    size: number,
  ) => Parameters<typeof trial.must<E[]>>[0],
): E[] {
  const all: E[] = [];
  for (let offset = 0n;;) {
    const part = trial.must(how(node, fh, offset, size));
    if (part.length === 0) return all;
    all.push(...part);
    offset = part.at(-1)!.offset;
  }
}

function named(entries: readonly DirectoryEntry[]): string[] {
  return entries.map(({ name }) => name).filter((name) =>
    name !== "." && name !== ".."
  ).sort();
}

forEachServer("READDIR lists every name once, whatever the buffer", (trial) => {
  const { host, path } = trial;
  const { fh } = trial.must(directories.opendir(ROOT));
  for (const size of [32768, 4096, 400]) {
    const entries = listed(trial, ROOT, fh, size, directories.readdir);
    deepEqual(named(entries), host.names(path("")));
    equal(entries.length, host.names(path("")).length + 2);
    for (const { name, ino, type } of entries) {
      if (name === "..") continue;
      const stat = host.lstat(path(name));
      equal(ino, stat.ino, name);
      equal(type, stat.mode >> 12, name);
    }
  }
  // From a cookie of its own, after another place was read.
  const [first, second] = trial.must(directories.readdir(ROOT, fh, 0n));
  trial.must(directories.readdir(ROOT, fh, second!.offset));
  deepEqual(
    trial.must(directories.readdir(ROOT, fh, first!.offset))[0],
    second,
  );
  trial.must(directories.releasedir(ROOT, fh));
}, { prepare: makeFiles });

forEachServer("READDIRPLUS gives nodes, and a reference to each", (trial) => {
  const { host, path } = trial;
  const { fh } = trial.must(directories.opendir(ROOT));
  for (const size of [32768, 4096, 512]) {
    const entries = listed(trial, ROOT, fh, size, directories.readdirplus);
    deepEqual(named(entries), host.names(path("")));
    for (const { name, entry } of entries) {
      if (entry.nodeid === 0) continue;
      sameAsHost(entry.attributes, host, path(name));
      equal(trial.must(lookup(ROOT, name)).nodeid, entry.nodeid);
      trial.must(forget(entry.nodeid, 1));
    }
    const dir = entries.find(({ name }) => name === "dir")!.entry.nodeid;
    trial.must(getattr(dir));
    for (const { entry } of entries) {
      if (entry.nodeid !== 0) trial.must(forget(entry.nodeid, 1));
    }
    trial.expect(
      "GETATTR of a node that was forgotten after READDIRPLUS",
      getattr(dir),
      "ESTALE",
    );
  }
}, { prepare: makeFiles });

forEachServer(
  "a listing sees what is made, and a removed directory is empty",
  (trial) => {
    const { path } = trial;
    const dir = trial.must(lookup(ROOT, "dir")).nodeid;
    const { fh } = trial.must(directories.opendir(dir));
    deepEqual(named(listed(trial, dir, fh, 4096, directories.readdir)), []);
    Deno.writeTextFileSync(path("dir/new"), "");
    deepEqual(named(listed(trial, dir, fh, 4096, directories.readdir)), [
      "new",
    ]);
    trial.must(lookup(dir, "new"));
    trial.must(unlink(dir, "new"));
    trial.must(rmdir(ROOT, "dir"));
    trial.expect(
      "READDIR of a removed directory",
      directories.readdir(dir, fh, 0n),
      "ENOENT",
    );
    trial.must(directories.fsyncdir(dir, fh));
    trial.must(directories.releasedir(dir, fh));
  },
  { prepare: makeFiles },
);

forEachServer("directories: errnos", (trial) => {
  const file = trial.must(lookup(ROOT, "link")).nodeid;
  const { fh } = trial.must(directories.opendir(ROOT));
  trial.expect("OPENDIR of a symlink", directories.opendir(file), "ENOTDIR");
  trial.expect(
    "OPENDIR of an unknown node",
    directories.opendir(987_654),
    "ESTALE",
  );
  trial.expect("OPEN of a directory for writing", open(ROOT, O_RDWR), "EISDIR");
  trial.expect(
    "READDIR into too little for a name",
    directories.readdir(ROOT, fh, 0n, 24),
    "EINVAL",
  );
  trial.expect(
    "READDIRPLUS into too little for a name",
    directories.readdirplus(ROOT, fh, 0n, 128),
    "EINVAL",
  );
  trial.expect(
    "READDIR of a handle that nobody has",
    directories.readdir(ROOT, 99_999n, 0n),
    "EBADF",
  );
  trial.expect(
    "READDIRPLUS of a handle that nobody has",
    directories.readdirplus(ROOT, 99_999n, 0n),
    "EBADF",
  );
  trial.expect(
    "FSYNCDIR of a handle that nobody has",
    directories.fsyncdir(ROOT, 99_999n),
    "EBADF",
  );
  trial.expect(
    "RELEASEDIR of a handle that nobody has",
    directories.releasedir(ROOT, 99_999n),
    "EBADF",
  );
  trial.must(directories.releasedir(ROOT, fh));
  trial.expect(
    "READDIR of a handle that was released",
    directories.readdir(ROOT, fh, 0n),
    "EBADF",
  );
  trial.expect("OPEN of a directory for reading", open(ROOT, O_RDONLY), "done");
}, { prepare: makeFiles });
