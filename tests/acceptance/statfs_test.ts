import { deepEqual, equal, notEqual } from "node:assert/strict";
import { forEachImplementation, prepareFiles } from "./suite.ts";
import { done, refused } from "../support/said.ts";

const test = forEachImplementation({ prepare: prepareFiles });

forEachImplementation({
  needs: ["mount"],
  prepare: ({ host, system, path }) => {
    Deno.mkdirSync(path("inner"));
    system.mountTmpfs(path("inner"), "size=256k,nr_inodes=100");
    host.symlink("inner/file", path("link"));
  },
})(
  "STATFS answers all that the host's statfs does",
  ({ client, host, path, differs }) => {
    Deno.writeTextFileSync(path("inner/file"), "c".repeat(5000));
    const { fsid, ...expected } = host.statfs(path("inner"));
    notEqual(expected.bfree, expected.blocks);
    for (const name of ["/inner", "/inner/file", "/link"]) {
      const { fsid: answered, ...rest } = done(client.statfs(name));
      deepEqual(rest, expected);
      differs(
        "the id of a file system",
        () =>
          answered === fsid
            ? "whole"
            : (answered ^ fsid) & 0xffffffffn
            ? "another"
            : "its lower half",
      );
    }
  },
);

test("STATFS of the export's own file system answers what does not change", ({ client, host, path }) => {
  const { type, bsize, frsize, blocks, namelen } = done(client.statfs("/"));
  const expected = host.statfs(path(""));
  deepEqual({ type, bsize, frsize, blocks, namelen }, {
    type: expected.type,
    bsize: expected.bsize,
    frsize: expected.frsize,
    blocks: expected.blocks,
    namelen: expected.namelen,
  });
});

test("STATFS of a file that nobody may read is answered", ({ client, host, path }) => {
  host.chmod(path("file"), 0);
  host.chmod(path("fifo"), 0);
  equal(done(client.statfs("/file")).type, host.statfs(path("")).type);
  equal(done(client.statfs("/fifo")).type, host.statfs(path("")).type);
});

test("STATFS of a dangling symlink is ENOENT, of a loop ELOOP", ({ client }) => {
  refused(client.statfs("/dangling"), "ENOENT");
  refused(client.statfs("/loop"), "ELOOP");
});
