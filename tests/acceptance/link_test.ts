import { deepEqual, equal } from "node:assert/strict";
import { forEachImplementation, prepareFiles } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const test = forEachImplementation({ prepare: prepareFiles });

test("LINK gives a file a second name", ({ client, host, path }) => {
  done(client.link("/file", "/directory/second"));
  const { ino, nlink } = host.lstat(path("directory/second"));
  equal(ino, host.lstat(path("file")).ino);
  equal(nlink, 2n);
  equal(done(client.lstat("/file")).nlink, 2n);
});

test("LINK of a file that is another user's and closed to all is done", ({ client, host, path }) => {
  host.lchown(path("file"), 1000, 1000);
  host.chmod(path("file"), 0o4000);
  done(client.link("/file", "/second"));
  equal(host.lstat(path("second")).nlink, 2n);
});

test("LINK of a symlink or a FIFO gives itself a second name", ({ client, host, path }) => {
  for (const name of ["link", "dangling", "fifo"]) {
    done(client.link(`/${name}`, `/second ${name}`));
    equal(host.lstat(path(`second ${name}`)).ino, host.lstat(path(name)).ino);
  }
});

test("LINK of a directory is EPERM", ({ client }) => {
  refused(client.link("/directory", "/second"), "EPERM");
  refused(client.link("/", "/second"), "EPERM");
});

test("LINK to a name that is there is EEXIST", ({ client, host, path }) => {
  for (const name of ["/file", "/directory", "/dangling", "/"]) {
    refused(client.link("/file", name), "EEXIST");
  }
  equal(host.lstat(path("file")).nlink, 1n);
});

forEachImplementation({
  needs: ["mount"],
  prepare: (place) => {
    prepareFiles(place);
    place.system.mountTmpfs(place.path("directory"), "size=64k");
    Deno.writeTextFileSync(place.path("directory/inner"), "");
  },
})(
  "LINK and RENAME to another file system are EXDEV",
  ({ client, host, path }) => {
    refused(client.link("/file", "/directory/second"), "EXDEV");
    refused(client.rename("/file", "/directory/moved"), "EXDEV");
    refused(client.link("/directory/inner", "/second"), "EXDEV");
    refused(client.rename("/directory/inner", "/moved"), "EXDEV");
    deepEqual(host.names(path("directory")), ["inner"]);
  },
);
