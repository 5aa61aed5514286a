import { deepEqual, equal } from "node:assert/strict";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../ffi/constants.ts";
import { makedev } from "../support/host_stat.ts";
import { forEachImplementation } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const test = forEachImplementation();

test("MKNOD makes files, FIFOs and sockets for anyone", ({ client, host, path }) => {
  for (const type of [S_IFREG, S_IFIFO, S_IFSOCK]) {
    for (const id of [0, 1000]) {
      done(client.mknod("/node", type | 0o640, 0n, id, id));
      const { mode, uid, rdev } = host.lstat(path("node"));
      deepEqual([mode, uid, rdev], [type | 0o640, id, 0n]);
      Deno.removeSync(path("node"));
    }
  }
});

test("MKNOD without a type makes a file", ({ client, host, path }) => {
  done(client.mknod("/node", 0o640, 0n, 1000, 1000));
  equal(host.lstat(path("node")).mode, S_IFREG | 0o640);
});

test("MKNOD makes devices for root, of any number", ({ client, host, path }) => {
  const devices = [
    makedev(1, 3),
    makedev(8, 300),
    makedev(300, 70000),
    makedev(4095, 0xfffff),
  ];
  for (const type of [S_IFCHR, S_IFBLK]) {
    for (const device of devices) {
      done(client.mknod("/node", type | 0o640, device, 0, 0));
      const { mode, rdev } = host.lstat(path("node"));
      deepEqual([mode, rdev], [type | 0o640, device]);
      equal(done(client.lstat("/node")).rdev, device);
      Deno.removeSync(path("node"));
    }
  }
});

test("MKNOD of a device for anyone but 0:0 is EPERM", ({ client, host, path }) => {
  for (const type of [S_IFCHR, S_IFBLK]) {
    refused(client.mknod("/node", type | 0o666, 0x103n, 1000, 1000), "EPERM");
    refused(client.mknod("/node", type | 0o666, 0x103n, 1000, 0), "EPERM");
  }
  deepEqual(host.names(path("")), []);
});

test("MKNOD of a device for root and another group is EPERM", ({ client }) =>
  refused(client.mknod("/node", S_IFCHR | 0o666, 0x103n, 0, 5), "EPERM"));

test("MKNOD of a device number over 32 bits is EINVAL", ({ client }) => {
  for (const device of [1n << 32n, 1n << 63n, makedev(4096, 0)]) {
    refused(client.mknod("/node", S_IFCHR | 0o600, device, 0, 0), "EINVAL");
    refused(client.mknod("/node", S_IFIFO | 0o600, device, 0, 0), "EINVAL");
  }
});

test("MKNOD makes no directory, symlink or unknown type", ({ client, host, path }) => {
  for (const id of [0, 1000]) {
    refused(client.mknod("/node", S_IFDIR | 0o755, 0n, id, id), "EPERM");
    refused(client.mknod("/node", S_IFLNK | 0o777, 0n, id, id), "EINVAL");
    refused(client.mknod("/node", S_IFMT | 0o755, 0n, id, id), "EINVAL");
  }
  deepEqual(host.names(path("")), []);
});

test("MKNOD of a name that is there is EEXIST", ({ client, host, path }) => {
  host.symlink("nothing", path("dangling"));
  Deno.mkdirSync(path("directory"));
  for (const name of ["/dangling", "/directory", "/"]) {
    refused(client.mknod(name, S_IFIFO | 0o600, 0n, 1000, 1000), "EEXIST");
  }
});
