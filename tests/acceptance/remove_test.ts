import { deepEqual } from "node:assert/strict";
import { S_IFCHR, S_IFSOCK } from "../../ffi/constants.ts";
import { forEachImplementation } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const test = forEachImplementation();

forEachImplementation({
  prepare: ({ host, path }) => {
    Deno.writeTextFileSync(path("file"), "content");
    Deno.mkdirSync(path("directory"));
    host.lchown(path("directory"), 1000, 1000);
    host.symlink("directory", path("link"));
    host.symlink("nothing", path("dangling"));
    host.mkfifo(path("fifo"));
    host.mknod(path("socket"), S_IFSOCK | 0o600);
    host.mknod(path("device"), S_IFCHR | 0o600, 0x103n);
  },
})(
  "REMOVE removes a file of any type, and an empty directory",
  ({ client, host, path }) => {
    const names = host.names(path(""));
    for (const name of names) done(client.remove(`/${name}`));
    deepEqual(names.length, 7);
    deepEqual(host.names(path("")), []);
  },
);

test("REMOVE of a symlink leaves what it points to", ({ client, host, path }) => {
  Deno.writeTextFileSync(path("file"), "content");
  host.symlink("file", path("link"));
  done(client.remove("/link"));
  deepEqual(host.names(path("")), ["file"]);
});

test("REMOVE of one of two names leaves the other", ({ client, host, path }) => {
  Deno.writeTextFileSync(path("file"), "content");
  host.link(path("file"), path("second"));
  done(client.remove("/file"));
  deepEqual(host.names(path("")), ["second"]);
  deepEqual(host.lstat(path("second")).nlink, 1n);
});

test("REMOVE of a directory with something in it is ENOTEMPTY", ({ client, path }) => {
  Deno.mkdirSync(path("full/inner"), { recursive: true });
  refused(client.remove("/full"), "ENOTEMPTY");
  refused(client.remove("/full/.."), "ENOTEMPTY");
});

test("REMOVE of the root is EBUSY, of a directory's own . EINVAL", ({ client, path }) => {
  Deno.mkdirSync(path("directory"));
  refused(client.remove("/"), "EBUSY");
  refused(client.remove("/directory/."), "EINVAL");
});

test("REMOVE in a sticky directory of another user is done", ({ client, host, path }) => {
  Deno.mkdirSync(path("sticky"));
  Deno.writeTextFileSync(path("sticky/file"), "");
  host.lchown(path("sticky"), 7, 7);
  host.lchown(path("sticky/file"), 8, 8);
  host.chmod(path("sticky"), 0o1755);
  done(client.remove("/sticky/file"));
  deepEqual(host.names(path("sticky")), []);
});
