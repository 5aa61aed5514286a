import { equal, ok } from "node:assert/strict";
import {
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_DSYNC,
  O_EXCL,
  O_LARGEFILE,
  O_NOATIME,
  O_NOFOLLOW,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_SYNC,
  O_TMPFILE_BIT,
  O_TRUNC,
  O_WRONLY,
} from "../../ffi/constants.ts";
import { forEachImplementation, prepareFiles } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const test = forEachImplementation({ prepare: prepareFiles });

test("OPEN passes a descriptor of the very file", ({ client, host, path, opened }) => {
  using passed = opened(client.open("/file", O_RDONLY));
  equal(host.fstat(passed.fd).ino, host.lstat(path("file")).ino);
  equal(host.readAll(passed.fd), "content");
});

test("OPEN passes a descriptor that can be written", ({ client, host, path, opened }) => {
  using passed = opened(client.open("/file", O_WRONLY));
  host.write(passed.fd, "CON");
  equal(Deno.readTextFileSync(path("file")), "CONtent");
});

test("OPEN gives the descriptor the flags that were asked for", ({ client, host, opened }) => {
  for (
    const flags of [
      O_RDONLY,
      O_WRONLY,
      O_RDWR,
      O_WRONLY | O_APPEND,
      O_RDONLY | O_NONBLOCK,
      O_RDWR | O_NONBLOCK | O_APPEND,
      O_WRONLY | O_DSYNC,
      O_WRONLY | O_SYNC,
      O_RDONLY | O_NOATIME,
    ]
  ) {
    using passed = opened(client.open("/file", flags));
    // The kernel itself adds O_LARGEFILE on 64-bit machines.
    equal(host.statusFlags(passed.fd) & ~O_LARGEFILE, flags);
  }
});

test("OPEN with O_TRUNC empties the file", ({ client, path, opened }) => {
  using _ = opened(client.open("/file", O_WRONLY | O_TRUNC));
  equal(Deno.statSync(path("file")).size, 0);
});

test("OPEN of a directory passes one that can be listed", ({ client, host, path, opened }) => {
  Deno.writeTextFileSync(path("directory/inner"), "inner");
  for (const name of ["/directory", "/directory/", "/directory/."]) {
    using passed = opened(client.open(name, O_RDONLY | O_DIRECTORY));
    const inner = host.openAt(passed.fd, "inner");
    equal(host.readAll(inner), "inner");
    host.close(inner);
  }
});

test("OPEN of a directory for writing is EISDIR", ({ client }) => {
  refused(client.open("/directory", O_WRONLY), "EISDIR");
  refused(client.open("/", O_RDWR), "EISDIR");
});

test("OPEN of a file as a directory is ENOTDIR", ({ client }) =>
  refused(client.open("/file", O_DIRECTORY), "ENOTDIR"));

test("OPEN follows a symlink inside of the export", ({ client, host, path, opened }) => {
  Deno.writeTextFileSync(path("directory/inner"), "inner");
  host.symlink("/directory/inner", path("absolute"));
  using relative = opened(client.open("/link", O_RDONLY));
  equal(host.readAll(relative.fd), "content");
  using absolute = opened(client.open("/absolute", O_RDONLY));
  equal(host.readAll(absolute.fd), "inner");
  refused(client.open("/dangling", O_RDONLY), "ENOENT");
});

test("OPEN with O_NOFOLLOW of a symlink, and of a loop of them, is ELOOP", ({ client }) => {
  refused(client.open("/link", O_RDONLY | O_NOFOLLOW), "ELOOP");
  refused(client.open("/loop", O_RDONLY), "ELOOP");
});

test("OPEN needs no permission of the file, as the guest has checked it", ({ client, host, path, opened }) => {
  host.chmod(path("file"), 0);
  host.lchown(path("file"), 1000, 1000);
  using passed = opened(client.open("/file", O_RDWR));
  equal(host.readAll(passed.fd), "content");
});

test("OPEN of a device or a socket is ENXIO", ({ client }) => {
  for (const name of ["/null", "/block", "/socket"]) {
    for (const flags of [O_RDONLY, O_WRONLY, O_RDWR | O_NONBLOCK]) {
      refused(client.open(name, flags), "ENXIO");
    }
  }
});

test("OPEN of a FIFO is ENXIO, whoever is at its other end", ({ client, differs }) => {
  refused(client.open("/fifo", O_RDWR), "ENXIO");
  refused(client.open("/fifo", O_RDONLY | O_NONBLOCK), "ENXIO");
  refused(client.open("/fifo", O_WRONLY | O_NONBLOCK), "ENXIO");
  differs("OPEN of a FIFO", () => client.open("/fifo", O_RDONLY));
  differs("OPEN of a FIFO", () => client.open("/fifo", O_WRONLY));
});

test("OPEN makes no file", ({ client, differs, closed, host, path }) => {
  differs(
    "OPEN of a new name with O_CREAT",
    () => closed(client.open("/new", O_WRONLY | O_CREAT)),
  );
  differs(
    "OPEN of a directory with O_CREAT",
    () => closed(client.open("/directory", O_RDONLY | O_CREAT)),
  );
  differs(
    "OPEN of a file with O_CREAT and O_EXCL",
    () => closed(client.open("/file", O_RDONLY | O_CREAT | O_EXCL)),
  );
  differs(
    "OPEN with O_TMPFILE",
    () => closed(client.open("/", O_RDWR | O_TMPFILE_BIT | O_DIRECTORY)),
  );
  equal(done(client.lstat("/directory")).uid, 0);
  equal(host.lstat(path("file")).size, 7n);
});

test("OPEN and CREATE leave no descriptor behind in the helper", ({ client, host, pid, closed }) => {
  const count = () => host.names(`/proc/${pid}/fd`).length;
  closed(client.open("/file", O_RDONLY));
  const before = count();
  const rounds = 100;
  for (let i = 0; i < rounds; i++) {
    closed(client.open("/file", O_RDONLY));
    closed(client.create("/new", O_CREAT | O_WRONLY, 0o644, 1000, 1000));
    refused(client.open("/directory", O_WRONLY), "EISDIR");
  }
  // The runtime has some of its own that come and go.
  ok(count() < before + rounds);
});
