/** CHMOD and CHOWN. */
import { deepEqual, equal } from "node:assert/strict";
import { S_IFDIR, S_IFLNK, S_IFREG } from "../../ffi/constants.ts";
import { forEachImplementation, prepareFiles } from "./suite.ts";
import { done, refused } from "../support/said.ts";

/** "Leave this id as it is." */
const KEEP = 0xffffffff;

const test = forEachImplementation({ prepare: prepareFiles });

test("CHMOD sets every bit of the mode, for files of any owner", ({ client, host, path }) => {
  for (const owner of [0, 1000]) {
    host.lchown(path("file"), owner, owner);
    for (const mode of [0o644, 0, 0o7777, 0o4711, 0o2755, 0o1600]) {
      done(client.chmod("/file", mode));
      equal(host.lstat(path("file")).mode, S_IFREG | mode);
      done(client.chmod("/directory", mode));
      equal(host.lstat(path("directory")).mode, S_IFDIR | mode);
    }
  }
});

test("CHMOD takes no file type from the mode", ({ client, host, path }) => {
  done(client.chmod("/file", S_IFDIR | 0o600));
  equal(host.lstat(path("file")).mode, S_IFREG | 0o600);
  done(client.chmod("/file", 0xffffffff));
  equal(host.lstat(path("file")).mode, S_IFREG | 0o7777);
});

test("CHMOD follows a symlink", ({ client, host, path }) => {
  done(client.chmod("/link", 0o600));
  equal(host.lstat(path("file")).mode, S_IFREG | 0o600);
  equal(host.lstat(path("link")).mode, S_IFLNK | 0o777);
  refused(client.chmod("/dangling", 0o600), "ENOENT");
  refused(client.chmod("/loop", 0o600), "ELOOP");
});

test("CHOWN sets user and group, or keeps either", ({ client, host, path }) => {
  const asked = [
    [[1000, 1001], [1000, 1001]],
    [[5, KEEP], [5, 1001]],
    [[KEEP, 6], [5, 6]],
    [[KEEP, KEEP], [5, 6]],
    [[0xfffffffe, 0xfffffffe], [0xfffffffe, 0xfffffffe]],
    [[0, 0], [0, 0]],
  ] as const;
  for (const name of ["file", "directory"]) {
    for (const [[uid, gid], expected] of asked) {
      done(client.chown(`/${name}`, uid, gid));
      const found = host.lstat(path(name));
      deepEqual([found.uid, found.gid], expected);
    }
  }
});

test("CHOWN of a symlink changes the symlink", ({ client, host, path }) => {
  for (const name of ["link", "dangling"]) {
    done(client.chown(`/${name}`, 1000, 1000));
    equal(host.lstat(path(name)).uid, 1000);
  }
  equal(host.lstat(path("file")).uid, 0);
});

test("CHOWN takes the set-id bits from a program", ({ client, host, path }) => {
  host.chmod(path("file"), 0o6755);
  done(client.chown("/file", 1000, 1000));
  equal(host.lstat(path("file")).mode, S_IFREG | 0o755);
});
