import { equal } from "node:assert/strict";
import { S_IFREG } from "../../ffi/constants.ts";
import { forEachImplementation, prepareFiles } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const test = forEachImplementation({ prepare: prepareFiles });

test("TRUNCATE cuts a file, and makes it longer", ({ client, path }) => {
  done(client.truncate("/file", 3n));
  equal(Deno.readTextFileSync(path("file")), "con");
  done(client.truncate("/file", 5n));
  equal(Deno.readTextFileSync(path("file")), "con\0\0");
  done(client.truncate("/file", 0n));
  equal(Deno.statSync(path("file")).size, 0);
});

test("TRUNCATE takes sizes over 32 bits", ({ client, host, path }) => {
  for (const size of [2n ** 31n, 2n ** 32n + 1n, 2n ** 40n]) {
    done(client.truncate("/file", size));
    equal(host.lstat(path("file")).size, size);
  }
});

test("TRUNCATE to a negative size is EINVAL", ({ client, path }) => {
  for (const size of [-1n, -(2n ** 63n)]) {
    refused(client.truncate("/file", size), "EINVAL");
  }
  equal(Deno.readTextFileSync(path("file")), "content");
});

test("TRUNCATE of a directory is EISDIR, of a special file EINVAL", ({ client }) => {
  refused(client.truncate("/", 0n), "EISDIR");
  for (const name of ["/fifo", "/socket", "/null"]) {
    refused(client.truncate(name, 0n), "EINVAL");
  }
});

test("TRUNCATE follows a symlink", ({ client, path }) => {
  done(client.truncate("/link", 3n));
  equal(Deno.readTextFileSync(path("file")), "con");
  refused(client.truncate("/dangling", 0n), "ENOENT");
  refused(client.truncate("/loop", 0n), "ELOOP");
});

test("TRUNCATE needs no permission, and leaves the set-id bits", ({ client, host, path }) => {
  host.lchown(path("file"), 1000, 1000);
  host.chmod(path("file"), 0o6111);
  done(client.truncate("/file", 3n));
  equal(host.lstat(path("file")).mode, S_IFREG | 0o6111);
});
