/** Flags, modes, ids, sizes and times that no guest would send. */
import { deepEqual, equal, ok } from "node:assert/strict";
import {
  O_ACCMODE,
  O_APPEND,
  O_ASYNC,
  O_CREAT,
  O_DIRECT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE_BIT,
  O_TRUNC,
  O_WRONLY,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
} from "../../ffi/constants.ts";
import type { Client } from "../../src/proxy/client/client.ts";
import { attacksThatNeed, OPEN } from "../support/attack.ts";
import type { Host } from "../support/host.ts";
import { done, outcome, refused } from "../support/said.ts";

const test = attacksThatNeed(["root"]);

/** What no descriptor may have that is passed. */
const NEVER = O_PATH | O_ASYNC | O_TMPFILE_BIT;
/** All that 32 bits can say, each alone, and with what they would go with. */
const BITS = Array.from({ length: 32 }, (_, bit) => (1 << bit) >>> 0);

/** Takes what was passed: a file or a directory that can be used as it was asked for, or nothing. */
function take(
  host: Host,
  { errno, value }: ReturnType<Client["open"]>,
  flags: number,
): void {
  if (errno !== 0) return;
  const fd = value as number;
  const type = host.fstat(fd).mode & S_IFMT;
  ok(type === S_IFREG || type === S_IFDIR, `flags ${flags.toString(8)}`);
  const status = host.statusFlags(fd);
  equal(status & NEVER, 0, `flags ${flags.toString(8)}`);
  equal(status & O_ACCMODE, flags & O_ACCMODE);
  host.close(fd);
}

test("no flag opens what OPEN and CREATE are not for", ({ client, host, export: top, stopped }) => {
  Deno.mkdirSync(`${top}/directory`);
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  const combinations = BITS.flatMap((bit) =>
    [0, 1, 2, 3].flatMap((access) =>
      [0, O_DIRECTORY, O_CREAT, O_NONBLOCK | O_APPEND].map((more) =>
        (bit | access | more) >>> 0
      )
    )
  ).concat(0xffffffff, 0x7fffffff);
  for (const flags of combinations) {
    for (const path of ["/file", "/directory", "/new"]) {
      take(host, client.open(path, flags), flags);
    }
    deepEqual(host.names(top), ["directory", "file"], flags.toString(8));
    deepEqual(host.names(`${top}/directory`), []);
    take(host, client.create("/new", flags, 0o600, 7, 7), flags);
    if (host.names(top).includes("new")) done(client.remove("/new"));
    take(host, client.create("/directory", flags, 0o600, 7, 7), flags);
    take(host, client.create("/file", flags, 0o600, 0, 0), flags);
  }
  stopped(
    `${combinations.length} combinations of all flags of open(2), O_PATH, O_TMPFILE, O_ASYNC and those that do not exist among them`,
    "the helper, which strips them: what it passes is a file or a directory, and OPEN makes nothing",
  );
});

test("a directory is opened for reading alone", ({ client, host, export: top, stopped }) => {
  Deno.mkdirSync(`${top}/d`);
  for (const path of ["/d", "/", "/.", "/d/.."]) {
    for (const more of [0, O_DIRECT, O_NOATIME, O_APPEND]) {
      for (const access of [O_WRONLY, O_RDWR, O_WRONLY | O_TRUNC]) {
        refused(client.open(path, access | more), "EISDIR");
        const asked = access | more | O_CREAT;
        const said = outcome(client.create(path, asked, 0o600, 7, 7));
        ok(["EISDIR", "EEXIST"].includes(said), said);
      }
    }
    const both = O_CREAT | O_EXCL | O_RDWR;
    refused(client.create(path, both, 0o600, 0, 0), "EEXIST");
    refused(client.truncate(path, 0n), "EISDIR");
    host.close(done(client.open(path, O_RDONLY)));
  }
  stopped("OPEN, CREATE and TRUNCATE of directories for writing", "EISDIR");
});

test("sizes and times at the ends of their ranges are an errno or done", ({ client, host, export: top, stopped }) => {
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  const size = () => host.lstat(`${top}/file`).size;
  const most = (1n << 63n) - 1n;
  for (const negative of [-1n, -4096n, -most, -most - 1n]) {
    refused(client.truncate("/file", negative), "EINVAL");
  }
  for (const much of [most, most - 4096n, 1n << 62n, 1n << 48n]) {
    const said = outcome(client.truncate("/file", much));
    ok(["EFBIG", "EINVAL", "done"].includes(said), said);
    if (said === "done") done(client.truncate("/file", 14n));
  }
  equal(size(), 14n);
  const SECONDS = [0n, -1n, most, -most - 1n, 1n << 34n, 1n << 31n];
  const NANOSECONDS = [
    ...[0n, 999_999_999n, 1_000_000_000n, -1n, most],
    ...[(1n << 30n) - 1n, (1n << 30n) - 2n, (1n << 30n) - 3n],
  ];
  for (const s of SECONDS) {
    for (const ns of NANOSECONDS) {
      for (const path of ["/file", "/"]) {
        const said = outcome(client.utime(path, s, ns, s, ns));
        ok(["EINVAL", "done"].includes(said), said);
        done(client.lstat(path));
      }
    }
  }
  for (const path of ["/file", "/"]) {
    for (const length of [-1, -0x80000000, 0x7fffffff, 0xffffffff]) {
      ok(client.readlink(path, length).errno !== 0);
    }
  }
  stopped(
    "TRUNCATE to negative sizes and to 2^63-1, UTIME of all times there are, READLINK into negative sizes",
    "the kernel and the helper (EINVAL, EFBIG)",
  );
});

test("ids of -1 are the helper's own, and the highest are ids like any", ({ client, host, export: top, stopped }) => {
  const none = 0xffffffff, highest = 0xfffffffe, middle = 0x80000000;
  for (const uid of [0, 7, middle, highest, none]) {
    for (const gid of [0, 7, middle, highest, none]) {
      const answers = [
        client.mkdir("/new", 0o6777, uid, gid),
        client.mknod("/new", 0o106777, 0n, uid, gid),
        client.symlink("x", "/new", uid, gid),
        client.create("/new", O_CREAT | O_EXCL, 0o6777, uid, gid),
      ];
      const [first] = answers.map(outcome);
      equal(first, "done");
      // -1 is "no number given": the helper's own.
      const owner = [uid, gid].map((id) => id === none ? 0 : id);
      const made = host.lstat(`${top}/new`);
      deepEqual([made.uid, made.gid], owner);
      done(client.chown("/new", none, none));
      const kept = host.lstat(`${top}/new`);
      deepEqual([kept.uid, kept.gid], owner);
      done(client.remove("/new"));
    }
  }
  stopped(
    "MKDIR, MKNOD, SYMLINK and CREATE for the ids -1, 2^31 and 2^32-2",
    "the helper (-1: its own id, 0); the others are ids like any",
  );
});

test("a mode of all bits sets those that there are, and makes no other type", ({ client, host, export: top, stopped }) => {
  for (const mode of [0xffffffff, 0xfff, 0o7777, 0x80000000, ...BITS]) {
    done(client.mkdir("/d", mode, 0, 0));
    equal(host.lstat(`${top}/d`).mode & S_IFMT, S_IFDIR);
    done(client.chmod("/d", mode));
    equal(host.lstat(`${top}/d`).mode, S_IFDIR | mode & 0o7777);
    done(client.remove("/d"));
    host.close(done(client.create("/f", O_CREAT | O_RDWR, mode, 7, 7)));
    equal(host.lstat(`${top}/f`).mode & S_IFMT, S_IFREG);
    done(client.chmod("/f", mode));
    equal(host.lstat(`${top}/f`).mode, S_IFREG | mode & 0o7777);
    done(client.remove("/f"));
  }
  for (let type = 0; type < 16; type++) {
    for (const [uid, gid] of [[0, 0], [7, 7]] as const) {
      const mode = (type << 12 | 0xffff0fff) >>> 0;
      const said = outcome(client.mknod("/n", mode, 0n, uid, gid));
      // Of a device for a user there is only 0:0, overlayfs's mark of a removed file.
      ok(["done", "EINVAL", "EPERM"].includes(said), `${type}: ${said}`);
      if (said !== "done") continue;
      const made = host.lstat(`${top}/n`);
      const wanted = type === 0 ? S_IFREG : type << 12;
      equal(made.mode & S_IFMT, wanted);
      equal(made.rdev, 0n);
      done(client.remove("/n"));
    }
  }
  stopped(
    "modes of all 32 bits in MKDIR, CREATE, CHMOD, and of all 16 types in MKNOD",
    "the kernel: it takes 07777 of them, and knows 5 types (EINVAL, EPERM)",
  );
});
