import { deepEqual, equal } from "node:assert/strict";
import { forEachImplementation, prepareFiles } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const test = forEachImplementation({ prepare: prepareFiles });

test("SYMLINK stores any target, and READLINK reads it back", ({ client, path }) => {
  const targets = ["file", "/etc/passwd", "../../..", "not/there", "ä€😀\n"];
  for (const target of targets) {
    done(client.symlink(target, "/new", 0, 0));
    equal(Deno.readLinkSync(path("new")), target);
    equal(text(done(client.readlink("/new"))), target);
    Deno.removeSync(path("new"));
  }
});

test("SYMLINK and READLINK take bytes that are no text", ({ client }) => {
  const target = Uint8Array.from({ length: 255 }, (_, i) => i + 1);
  done(client.symlink(target, "/new", 1000, 1000));
  deepEqual(done(client.readlink("/new")), target);
});

test("SYMLINK of a name that is there is EEXIST", ({ client }) => {
  for (const name of ["/file", "/directory", "/link", "/"]) {
    refused(client.symlink("target", name, 1000, 1000), "EEXIST");
  }
});

test("a target may have 4095 bytes, not 4096, and not none", ({ client }) => {
  const longest = "t".repeat(4095);
  done(client.symlink(longest, "/new", 0, 0));
  equal(text(done(client.readlink("/new"))), longest);
  refused(client.symlink(longest + "t", "/more", 0, 0), "ENAMETOOLONG");
  refused(client.symlink("t".repeat(65000), "/more", 0, 0), "ENAMETOOLONG");
  refused(client.symlink("", "/more", 0, 0), "ENOENT");
});

test("READLINK cuts its answer to one byte less than the size", ({ client, host, path }) => {
  host.symlink("target", path("new"));
  for (let size = 2; size <= 9; size++) {
    equal(
      text(done(client.readlink("/new", size))),
      "target".slice(0, size - 1),
    );
  }
  for (const size of [4096, 65536, 0x7fffffff]) {
    equal(text(done(client.readlink("/new", size))), "target");
  }
});

test("READLINK never answers with more than QEMU has room for", ({ client, host, path }) => {
  host.symlink("t".repeat(4095), path("new"));
  for (const size of [4095, 4096, 4097, 65536, 0x7fffffff]) {
    const { length } = done(client.readlink("/new", size));
    equal(length, Math.min(size - 1, 4095));
  }
});

test("READLINK into no room is EINVAL", ({ client, differs }) => {
  refused(client.readlink("/link", 0), "EINVAL");
  refused(client.readlink("/link", 1), "EINVAL");
  differs("READLINK into a negative size", () => client.readlink("/link", -1));
});

test("READLINK of what is no symlink is EINVAL", ({ client }) => {
  for (const name of ["/file", "/directory", "/"]) {
    refused(client.readlink(name), "EINVAL");
  }
});

function text(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
