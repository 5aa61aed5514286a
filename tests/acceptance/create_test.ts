import { deepEqual, equal } from "node:assert/strict";
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_LARGEFILE,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TMPFILE_BIT,
  O_TRUNC,
  O_WRONLY,
  S_IFREG,
} from "../../ffi/constants.ts";
import { forEachImplementation, prepareFiles } from "./suite.ts";
import { refused } from "../support/said.ts";

const test = forEachImplementation({ prepare: prepareFiles });

test("CREATE makes a file and passes it, open as asked", ({ client, host, path, opened }) => {
  for (const flags of [O_WRONLY, O_RDWR, O_RDONLY, O_WRONLY | O_APPEND]) {
    using passed = opened(
      client.create("/new", O_CREAT | O_EXCL | flags, 0o644, 0, 0),
    );
    equal(host.statusFlags(passed.fd) & ~O_LARGEFILE, flags);
    equal(host.fstat(passed.fd).ino, host.lstat(path("new")).ino);
    if (flags !== O_RDONLY) {
      host.write(passed.fd, "written");
      equal(Deno.readTextFileSync(path("new")), "written");
    }
    Deno.removeSync(path("new"));
  }
});

test("CREATE passes a descriptor that can be written whatever the file's mode", ({ client, host, path, opened }) => {
  using passed = opened(
    client.create("/new", O_CREAT | O_EXCL | O_RDWR, 0, 1000, 1000),
  );
  host.write(passed.fd, "written");
  equal(host.lstat(path("new")).mode, S_IFREG);
});

test("CREATE of a file that is there opens it, and changes neither owner nor mode", ({ client, host, path, opened }) => {
  using passed = opened(
    client.create("/file", O_CREAT | O_RDWR, 0o777, 1000, 1000),
  );
  equal(host.readAll(passed.fd), "content");
  const { mode, uid, gid } = host.lstat(path("file"));
  deepEqual({ mode, uid, gid }, { mode: S_IFREG | 0o644, uid: 0, gid: 0 });
});

test("CREATE with O_TRUNC empties the file", ({ client, path, opened }) => {
  using _ = opened(
    client.create("/file", O_CREAT | O_WRONLY | O_TRUNC, 0o644, 0, 0),
  );
  equal(Deno.statSync(path("file")).size, 0);
});

test("CREATE with O_EXCL of a name that is there is EEXIST", ({ client }) => {
  const flags = O_CREAT | O_EXCL | O_WRONLY;
  for (const name of ["/file", "/directory", "/link", "/dangling", "/"]) {
    refused(client.create(name, flags, 0o644, 1000, 1000), "EEXIST");
  }
});

test("CREATE of a directory is EISDIR", ({ client }) => {
  refused(
    client.create("/directory", O_CREAT | O_WRONLY, 0o644, 0, 0),
    "EISDIR",
  );
  refused(client.create("/new/", O_CREAT | O_WRONLY, 0o644, 0, 0), "EISDIR");
});

test("CREATE without O_CREAT makes nothing", ({ client, host, path }) => {
  refused(client.create("/new", O_WRONLY, 0o644, 0, 0), "ENOENT");
  equal(host.names(path("")).includes("new"), false);
});

test("CREATE follows a symlink unless O_NOFOLLOW is set", ({ client, host, path, closed }) => {
  const flags = O_CREAT | O_WRONLY;
  refused(
    client.create("/dangling", flags | O_NOFOLLOW, 0o600, 1000, 1000),
    "ELOOP",
  );
  closed(client.create("/dangling", flags, 0o600, 1000, 1000));
  equal(host.lstat(path("nothing")).uid, 1000);
});

test("CREATE over a device or a socket is ENXIO", ({ client }) => {
  for (const name of ["/null", "/socket"]) {
    refused(client.create(name, O_CREAT | O_WRONLY, 0o644, 0, 0), "ENXIO");
    refused(client.create(name, O_CREAT | O_RDWR, 0o644, 1000, 1000), "ENXIO");
  }
});

test("CREATE over a FIFO is ENXIO", ({ client, differs }) => {
  const flags = O_CREAT | O_WRONLY;
  refused(client.create("/fifo", flags | O_NONBLOCK, 0o644, 0, 0), "ENXIO");
  differs(
    "CREATE over a FIFO",
    () => client.create("/fifo", flags, 0o644, 1000, 1000),
  );
});

test("CREATE makes no file without a name", ({ client, differs, closed, host, path }) => {
  const before = host.names(path(""));
  differs("CREATE with O_TMPFILE", () =>
    closed(
      client.create("/", O_RDWR | O_TMPFILE_BIT | O_DIRECTORY, 0o600, 0, 0),
    ));
  deepEqual(host.names(path("")), before);
});
