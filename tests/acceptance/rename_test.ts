import { deepEqual, equal } from "node:assert/strict";
import { forEachImplementation, type Place } from "./suite.ts";
import { done, refused } from "../support/said.ts";

function prepare({ host, path }: Place): void {
  Deno.writeTextFileSync(path("file"), "content");
  Deno.writeTextFileSync(path("other"), "other");
  Deno.mkdirSync(path("directory"));
  Deno.mkdirSync(path("empty"));
  Deno.mkdirSync(path("full"));
  Deno.writeTextFileSync(path("full/inner"), "inner");
  host.symlink("file", path("link"));
}

const test = forEachImplementation({ prepare });

test("RENAME moves files, directories and symlinks themselves", ({ client, host, path }) => {
  for (const name of ["file", "full", "link"]) {
    const { ino } = host.lstat(path(name));
    done(client.rename(`/${name}`, `/directory/moved ${name}`));
    equal(host.lstat(path(`directory/moved ${name}`)).ino, ino);
  }
  deepEqual(host.names(path("")), ["directory", "empty", "other"]);
  deepEqual(host.names(path("directory/moved full")), ["inner"]);
});

test("RENAME takes the place of a file, a symlink or an empty directory", ({ client, host, path }) => {
  done(client.rename("/file", "/other"));
  equal(Deno.readTextFileSync(path("other")), "content");
  done(client.rename("/other", "/link"));
  equal(Deno.lstatSync(path("link")).isFile, true);
  done(client.rename("/full", "/empty"));
  deepEqual(host.names(path("empty")), ["inner"]);
  deepEqual(host.names(path("")), ["directory", "empty", "link"]);
});

test("RENAME between two names of one file changes nothing", ({ client, host, path }) => {
  done(client.rename("/file", "/file"));
  host.link(path("file"), path("second"));
  done(client.rename("/file", "/second"));
  equal(host.lstat(path("file")).nlink, 2n);
});

test("RENAME of a file over a directory is EISDIR", ({ client }) =>
  refused(client.rename("/file", "/empty"), "EISDIR"));

test("RENAME of a directory over a file is ENOTDIR", ({ client }) => {
  refused(client.rename("/empty", "/file"), "ENOTDIR");
  refused(client.rename("/empty", "/link"), "ENOTDIR");
});

test("RENAME over a directory with something in it is ENOTEMPTY", ({ client }) =>
  refused(client.rename("/empty", "/full"), "ENOTEMPTY"));

test("RENAME of a directory into itself is EINVAL", ({ client }) => {
  refused(client.rename("/full", "/full/moved"), "EINVAL");
  refused(client.rename("/full", "/full/../full/moved"), "EINVAL");
});

test("RENAME of the root, or of what . and .. stand for, is EBUSY", ({ client }) => {
  refused(client.rename("/", "/moved"), "EBUSY");
  refused(client.rename("/file", "/"), "EBUSY");
  refused(client.rename("/file", "/.."), "EBUSY");
  refused(client.rename("/directory/.", "/moved"), "EBUSY");
  refused(client.rename("/file", "/full/.."), "EBUSY");
});

forEachImplementation({
  needs: ["mount"],
  prepare: (place) => {
    prepare(place);
    place.system.mountTmpfs(place.path("empty"), "size=64k");
  },
})("RENAME and REMOVE of a mount point are EBUSY", ({ client }) => {
  refused(client.rename("/empty", "/moved"), "EBUSY");
  refused(client.rename("/directory", "/empty"), "EBUSY");
  refused(client.remove("/empty"), "EBUSY");
});
