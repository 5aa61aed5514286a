import { deepEqual, equal } from "node:assert/strict";
import { forEachImplementation } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const XATTR_CREATE = 1;
const XATTR_REPLACE = 2;

const test = forEachImplementation({
  needs: ["xattrs"],
  prepare: ({ host, path }) => {
    Deno.writeTextFileSync(path("file"), "content");
    Deno.mkdirSync(path("directory"));
    host.symlink("file", path("link"));
    host.setXattr(path("file"), "user.there", bytes("value"));
  },
});

test("LSETXATTR stores a value, and LGETXATTR answers it", ({ client, host, path }) => {
  const values = [bytes("text"), Uint8Array.from([0, 255, 0, 10]), bytes("")];
  for (const name of ["file", "directory"]) {
    for (const value of values) {
      done(client.lsetxattr(`/${name}`, "user.new", value, 0));
      deepEqual(host.xattr(path(name), "user.new"), value);
      deepEqual(done(client.lgetxattr(`/${name}`, "user.new", 100)), value);
      equal(done(client.lgetxattrLength(`/${name}`, "user.new")), value.length);
    }
  }
});

test("LSETXATTR stores as much of the value as its size says", ({ client, host, path }) => {
  for (let size = 5; size >= 0; size--) {
    done(client.lsetxattr("/file", "user.new", "value", 0, size));
    deepEqual(
      host.xattr(path("file"), "user.new"),
      bytes("value".slice(0, size)),
    );
  }
});

test("LSETXATTR stores nothing but the value", ({ client, host, path, differs }) => {
  differs("LSETXATTR of 3000 bytes with a value of 3", () => {
    const { errno } = client.lsetxattr("/file", "user.new", "abc", 0, 3000);
    const stored = host.xattr(path("file"), "user.new");
    return `${errno === 0 ? "done" : errno === 22 ? "EINVAL" : errno}, ${
      stored === undefined ? "nothing" : `${stored.length} bytes`
    } stored`;
  });
});

test("LSETXATTR with XATTR_CREATE of what is there is EEXIST", ({ client, host, path }) => {
  refused(
    client.lsetxattr("/file", "user.there", "other", XATTR_CREATE),
    "EEXIST",
  );
  done(client.lsetxattr("/file", "user.new", "other", XATTR_CREATE));
  deepEqual(host.xattr(path("file"), "user.there"), bytes("value"));
});

test("LSETXATTR with XATTR_REPLACE of what is not there is ENODATA", ({ client, host, path }) => {
  refused(
    client.lsetxattr("/file", "user.new", "other", XATTR_REPLACE),
    "ENODATA",
  );
  done(client.lsetxattr("/file", "user.there", "other", XATTR_REPLACE));
  deepEqual(host.xattr(path("file"), "user.there"), bytes("other"));
  equal(host.xattr(path("file"), "user.new"), undefined);
});

test("LSETXATTR with an unknown flag is EINVAL", ({ client }) => {
  for (const flags of [4, 0x80000000, 0xfffffffc]) {
    refused(client.lsetxattr("/file", "user.new", "v", flags), "EINVAL");
  }
});

test("LREMOVEXATTR removes an attribute, once", ({ client, host, path }) => {
  done(client.lremovexattr("/file", "user.there"));
  equal(host.xattr(path("file"), "user.there"), undefined);
  refused(client.lremovexattr("/file", "user.there"), "ENODATA");
  refused(client.lgetxattr("/file", "user.there", 100), "ENODATA");
  refused(client.lgetxattrLength("/file", "user.there"), "ENODATA");
});

test("LLISTXATTR answers the names, each with its NUL", ({ client, host, path }) => {
  deepEqual(done(client.llistxattr("/directory", 100)), bytes(""));
  equal(done(client.llistxattrLength("/directory")), 0);
  host.setXattr(path("file"), "user.second", bytes("value"));
  const list = done(client.llistxattr("/file", 100));
  const names = new TextDecoder().decode(list).split("\0").sort();
  deepEqual(names, ["", "user.second", "user.there"]);
  equal(done(client.llistxattrLength("/file")), list.length);
});

test("a symlink's attributes are its own, and it may have none of the user's", ({ client }) => {
  refused(client.lgetxattr("/link", "user.there", 100), "ENODATA");
  deepEqual(done(client.llistxattr("/link", 100)), bytes(""));
  refused(client.lsetxattr("/link", "user.new", "value", 0), "EPERM");
  refused(client.lremovexattr("/link", "user.there"), "EPERM");
});

test("a special file may have no attributes of the user's", ({ client, host, path }) => {
  host.mkfifo(path("fifo"));
  refused(client.lsetxattr("/fifo", "user.new", "value", 0), "EPERM");
  refused(client.lgetxattr("/fifo", "user.new", 100), "ENODATA");
  refused(client.lremovexattr("/fifo", "user.new"), "EPERM");
});

test("trusted and security attributes can't be set or removed", ({ client, host, path }) => {
  const program = path("file");
  host.setXattr(program, "security.capability", CAPABLE);
  host.setXattr(program, "trusted.there", bytes("value"));
  for (const name of ["trusted.there", "trusted.new", "security.new"]) {
    refused(client.lsetxattr("/file", name, "value", 0), "EPERM");
    refused(client.lremovexattr("/file", name), "EPERM");
  }
  refused(
    client.lsetxattr("/file", "security.capability", CAPABLE, 0),
    "EPERM",
  );
  refused(client.lremovexattr("/file", "security.capability"), "EPERM");
  deepEqual(host.xattr(program, "security.capability"), CAPABLE);
  deepEqual(host.xattr(program, "trusted.there"), bytes("value"));
});

test("trusted attributes are not seen, security attributes are", ({ client, host, path }) => {
  host.setXattr(path("directory"), "trusted.there", bytes("value"));
  refused(client.lgetxattr("/directory", "trusted.there", 100), "ENODATA");
  deepEqual(done(client.llistxattr("/directory", 100)), bytes(""));
  host.setXattr(path("file"), "security.capability", CAPABLE);
  equal(
    done(client.lgetxattrLength("/file", "security.capability")),
    CAPABLE.length,
  );
});

test("a name outside of every namespace is EOPNOTSUPP, or EINVAL", ({ client }) => {
  for (const name of ["nothing.known", "user", "x"]) {
    refused(client.lsetxattr("/file", name, "value", 0), "EOPNOTSUPP");
    refused(client.lgetxattr("/file", name, 100), "EOPNOTSUPP");
    refused(client.lremovexattr("/file", name), "EOPNOTSUPP");
  }
  refused(client.lsetxattr("/file", "user.", "value", 0), "EINVAL");
});

/** `struct vfs_cap_data`, version 2: CAP_CHOWN permitted. */
const CAPABLE = Uint8Array.from(
  { length: 20 },
  (_, i) => i === 3 ? 2 : i === 4 ? 1 : 0,
);

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
