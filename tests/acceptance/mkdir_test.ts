import { deepEqual, equal } from "node:assert/strict";
import { S_IFDIR } from "../../ffi/constants.ts";
import { forEachImplementation, prepareFiles } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const test = forEachImplementation({ prepare: prepareFiles });

test("MKDIR makes an empty directory", ({ client, host, path }) => {
  done(client.mkdir("/made", 0o750, 0, 0));
  done(client.mkdir("/made/inner", 0o750, 1000, 1000));
  done(client.mkdir("/directory/slash/", 0o700, 0, 0));
  deepEqual(host.names(path("made")), ["inner"]);
  deepEqual(host.names(path("directory")), ["slash"]);
});

test("MKDIR of a name that is there is EEXIST", ({ client }) => {
  for (const name of ["/file", "/directory", "/dangling", "/", "/.", "/.."]) {
    refused(client.mkdir(name, 0o755, 0, 0), "EEXIST");
    refused(client.mkdir(name, 0o755, 1000, 1000), "EEXIST");
  }
});

test("MKDIR takes no file type from the mode", ({ client, host, path }) => {
  done(client.mkdir("/made", 0o120755, 0, 0));
  equal(host.lstat(path("made")).mode, S_IFDIR | 0o755);
});

test("MKDIR goes through the directories of others", ({ client, host, path }) => {
  host.lchown(path("directory"), 7, 7);
  host.chmod(path("directory"), 0o700);
  done(client.mkdir("/directory/made", 0o700, 1000, 1000));
  done(client.mkdir("/directory/made/inner", 0o700, 1001, 1001));
  equal(host.lstat(path("directory/made/inner")).uid, 1001);
});
