import { equal } from "node:assert/strict";
import { S_IFCHR, S_IFREG, S_IFSOCK } from "../../ffi/constants.ts";
import { forEachImplementation, type Trial } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const prepare = ({ host, path }: Pick<Trial, "host" | "path">) => {
  Deno.writeTextFileSync(path("file"), "content");
  host.symlink("file", path("link"));
};

forEachImplementation(
  "TRUNCATE cuts a file, and makes it longer",
  ({ client, path }) => {
    done(client.truncate("/file", 3n));
    equal(Deno.readTextFileSync(path("file")), "con");
    done(client.truncate("/file", 5n));
    equal(Deno.readTextFileSync(path("file")), "con\0\0");
    done(client.truncate("/file", 0n));
    equal(Deno.statSync(path("file")).size, 0);
  },
  { prepare },
);

forEachImplementation(
  "TRUNCATE takes sizes over 32 bits",
  ({ client, host, path }) => {
    for (const size of [2n ** 31n, 2n ** 32n + 1n, 2n ** 40n]) {
      done(client.truncate("/file", size));
      equal(host.lstat(path("file")).size, size);
    }
  },
  { prepare },
);

forEachImplementation(
  "TRUNCATE to a negative size is EINVAL",
  ({ client, path }) => {
    for (const size of [-1n, -(2n ** 63n)]) {
      refused(client.truncate("/file", size), "EINVAL");
    }
    equal(Deno.readTextFileSync(path("file")), "content");
  },
  { prepare },
);

forEachImplementation(
  "TRUNCATE of a directory is EISDIR, of a special file EINVAL",
  ({ client, host, path }) => {
    host.mkfifo(path("fifo"));
    host.mknod(path("socket"), S_IFSOCK | 0o600);
    host.mknod(path("device"), S_IFCHR | 0o600, 0x103n);
    refused(client.truncate("/", 0n), "EISDIR");
    for (const name of ["/fifo", "/socket", "/device"]) {
      refused(client.truncate(name, 0n), "EINVAL");
    }
  },
);

forEachImplementation(
  "TRUNCATE follows a symlink",
  ({ client, host, path }) => {
    host.symlink("nothing", path("dangling"));
    host.symlink("loop", path("loop"));
    done(client.truncate("/link", 3n));
    equal(Deno.readTextFileSync(path("file")), "con");
    refused(client.truncate("/dangling", 0n), "ENOENT");
    refused(client.truncate("/loop", 0n), "ELOOP");
  },
  { prepare },
);

forEachImplementation(
  "TRUNCATE needs no permission, and leaves the set-id bits",
  ({ client, host, path }) => {
    host.lchown(path("file"), 1000, 1000);
    host.chmod(path("file"), 0o6111);
    done(client.truncate("/file", 3n));
    equal(host.lstat(path("file")).mode, S_IFREG | 0o6111);
  },
  { prepare },
);
