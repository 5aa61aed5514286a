import { equal } from "node:assert/strict";
import type { Answer } from "../../src/proxy/client/client.ts";
import { mountNew } from "../support/file_systems.ts";
import { forEachImplementation, prepareFiles, type Trial } from "./suite.ts";
import { done, refused } from "../support/said.ts";

/** File systems whose generations the protocol knows, by `f_type`: ext2 to ext4, btrfs, xfs, reiserfs. */
const WITH_GENERATIONS = [0xef53n, 0x9123683en, 0x58465342n, 0x52654973n];

/** What the host says that QEMU must be told. */
function expected({ host, path }: Trial, name: string): bigint {
  const known = WITH_GENERATIONS.includes(host.statfs(path("")).type);
  return known ? host.generation(path(name)) ?? 0n : 0n;
}

const LOWER_HALF = 0xffffffffn;

const test = forEachImplementation({ prepare: prepareFiles });

test("GETVERSION answers the inode's generation, for files and directories", (trial) => {
  for (const name of ["file", "directory", "."]) {
    const version = done(trial.client.getversion(`/${name}`));
    equal(version & LOWER_HALF, expected(trial, name));
  }
});

test("GETVERSION of a file that nobody may read is answered", (trial) => {
  trial.host.lchown(trial.path("file"), 1000, 1000);
  trial.host.chmod(trial.path("file"), 0);
  const version = done(trial.client.getversion("/file"));
  equal(version & LOWER_HALF, expected(trial, "file"));
});

test("GETVERSION follows a symlink", (trial) => {
  const version = done(trial.client.getversion("/link"));
  equal(version & LOWER_HALF, expected(trial, "file"));
  refused(trial.client.getversion("/dangling"), "ENOENT");
  refused(trial.client.getversion("/loop"), "ELOOP");
});

test("GETVERSION answers 32 bits, whatever was asked before", ({ client, host, path, differs }) => {
  // These leave other bytes than zeros where the answer will stand.
  host.symlink("t".repeat(100), path("long"));
  const askBefore: (() => Answer<unknown>)[] = [
    () => client.statfs("/"),
    () => client.readlink("/long"),
    () => client.mkdir("/made", 0o7777, 0xfffffff0, 0xfffffff0),
  ];
  for (const ask of askBefore) {
    done(ask());
    differs(
      "the upper half of a generation",
      () =>
        done(client.getversion("/file")) >> 32n === 0n ? "zero" : "not zero",
    );
  }
});

forEachImplementation({
  needs: ["mapped ext4"],
  prepare: ({ path }) => {
    Deno.mkdirSync(path("inner"));
    return mountNew("ext4", path("inner"));
  },
})(
  "GETVERSION tells a file system inside of the export by its generation",
  (trial) => {
    const { client, host, path, differs } = trial;
    done(client.lstat("/inner"));
    const version = done(client.getversion("/inner")) & LOWER_HALF;
    differs(
      "the generation of a file system inside of the export",
      () =>
        version === host.generation(path("inner")) ? "its own" : "told apart",
    );
    const root = done(client.getversion("/")) & LOWER_HALF;
    equal(root, expected(trial, "."));
  },
);

test("GETVERSION opens no special file", ({ client, differs }) => {
  refused(client.getversion("/socket"), "ENXIO");
  differs("GETVERSION of a device", () => client.getversion("/null"));
  differs("GETVERSION of a FIFO", () => client.getversion("/fifo"));
});

forEachImplementation({
  needs: ["mount"],
  prepare: ({ system, path }) => system.mountTmpfs(path(""), "size=64k"),
})(
  "GETVERSION is 0 where the export has no generations",
  ({ client, path }) => {
    Deno.writeTextFileSync(path("file"), "content");
    equal(done(client.getversion("/file")), 0n);
    equal(done(client.getversion("/")), 0n);
  },
);

forEachImplementation({
  needs: ["mount"],
  prepare: ({ system, path }) => {
    Deno.mkdirSync(path("inner"));
    system.mountTmpfs(path("inner"), "size=64k");
  },
})(
  "GETVERSION of a file system without generations inside of the export is answered",
  ({ client, path, differs }) => {
    Deno.writeTextFileSync(path("inner/file"), "content");
    differs(
      "GETVERSION of a file system without generations inside of one with",
      () => client.getversion("/inner/file"),
    );
  },
);
