import { deepEqual, equal, notEqual } from "node:assert/strict";
import { S_IFBLK, S_IFCHR, S_IFSOCK } from "../../ffi/constants.ts";
import { makedev } from "../support/host_stat.ts";
import { forEachImplementation } from "./suite.ts";
import { done } from "../support/said.ts";

const test = forEachImplementation();

forEachImplementation({
  prepare: ({ host, path }) => {
    Deno.writeTextFileSync(path("file"), "content");
    Deno.writeTextFileSync(path("program"), "#!/bin/sh");
    host.lchown(path("program"), 1000, 0xfffffffe);
    host.chmod(path("program"), 0o6711);
    Deno.mkdirSync(path("directory"));
    host.chmod(path("directory"), 0o1777);
    host.symlink("somewhere", path("link"));
    host.lchown(path("link"), 1000, 5);
    host.link(path("file"), path("second"));
    host.mkfifo(path("fifo"));
    host.mknod(path("socket"), S_IFSOCK | 0o600);
    host.mknod(path("character"), S_IFCHR | 0o600, makedev(300, 70000));
    host.mknod(path("block"), S_IFBLK | 0o600, makedev(4095, 0xfffff));
  },
})(
  "LSTAT answers all that the host's lstat does, for every type of file",
  ({ client, host, path }) => {
    const names = host.names(path(""));
    equal(names.length, 9);
    for (const name of names) {
      deepEqual(done(client.lstat(`/${name}`)), host.lstat(path(name)), name);
    }
    deepEqual(done(client.lstat("/")), host.lstat(path("")));
  },
);

test("LSTAT answers sizes over 32 bits", ({ client, host, path }) => {
  Deno.writeTextFileSync(path("sparse"), "");
  Deno.truncateSync(path("sparse"), 2 ** 40 + 1);
  const { size } = done(client.lstat("/sparse"));
  equal(size, 2n ** 40n + 1n);
  deepEqual(done(client.lstat("/sparse")), host.lstat(path("sparse")));
});

test("LSTAT answers times to the nanosecond, and before 1970", ({ client, host, path }) => {
  Deno.writeTextFileSync(path("file"), "");
  done(client.utime("/file", -2n, 123456789n, 3n, 987654321n));
  const { atime, mtime } = done(client.lstat("/file"));
  equal(atime, -2_000_000_000n + 123456789n);
  equal(mtime, 3_987654321n);
  deepEqual(done(client.lstat("/file")), host.lstat(path("file")));
});

forEachImplementation({
  needs: ["mount"],
  prepare: ({ system, path }) => {
    Deno.mkdirSync(path("inner"));
    system.mountTmpfs(path("inner"), "size=64k,mode=711");
  },
})(
  "LSTAT tells a file system inside of the export by its device",
  ({ client, host, path, differs }) => {
    const { ino: own, ...expected } = host.lstat(path("inner"));
    const { ino, ...inner } = done(client.lstat("/inner"));
    deepEqual(inner, expected);
    notEqual(inner.dev, done(client.lstat("/")).dev);
    differs(
      "the inode number of a file system inside of the export",
      () => ino === own ? "its own" : "no other file's",
    );
    equal(BigInt.asUintN(48, ino), own);
  },
);
