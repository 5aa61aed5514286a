/** Nodes and handles that a guest invents, has given back, or takes for others; references without end. */
import { equal, ok } from "node:assert/strict";
import { O_RDONLY, O_RDWR } from "../../../ffi/constants.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as directories from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import {
  batchForget,
  forget,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import { OPEN } from "../../support/attack.ts";
import { attack } from "../support/attack.ts";

/** Numbers that no guest was given, and some that it may have been. */
const NUMBERS: readonly bigint[] = [
  ...[0n, 2n, 3n, 7n, 100n, 1023n, 1024n, 65536n, 0x7fff_ffffn, 0xffff_ffffn],
  ...Array.from({ length: 32 }, (_, bit) => 1n | 1n << BigInt(32 + bit)),
  ...[1n << 32n, (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, 1n << 63n],
  ...[(1n << 64n) - 1n, (1n << 64n) - 4096n, 0xffff_ffff_0000_0001n],
];

/** Another node, for every request that has one. */
const onNode = (node: number): Request<unknown>[] => [
  names.lookup(node, "file"),
  attributes.getattr(node),
  attributes.setattr(node, { mode: 0o777 }),
  attributes.readlink(node),
  names.symlink(node, "new", "x"),
  names.mknod(node, "new", 0o100600),
  names.mkdir(node, "new", 0o700),
  names.unlink(node, "file"),
  names.rmdir(node, "directory"),
  names.rename(node, "file", ROOT, "new"),
  names.rename(ROOT, "file", node, "new"),
  names.rename2(node, "file", ROOT, "new", 0),
  names.rename2(ROOT, "file", node, "new", 0),
  names.link(node, "new", ROOT),
  names.link(ROOT, "new", node),
  files.open(node, O_RDWR),
  attributes.statfs(node),
  attributes.setxattr(node, "user.x", new Uint8Array(1)),
  attributes.getxattr(node, "user.x"),
  attributes.listxattr(node),
  attributes.removexattr(node, "user.x"),
  directories.opendir(node),
  names.create(node, "new", O_RDWR, 0o600),
  names.tmpfile(node, O_RDWR, 0o600),
  files.syncfs(node),
  attributes.statx(node),
];

/** Another handle of a file, and of a directory. */
const onHandle = (fh: bigint): Request<unknown>[] => [
  files.read(ROOT, fh, 0, 64),
  files.write(ROOT, fh, 0, new Uint8Array(3)),
  files.flush(ROOT, fh),
  files.fsync(ROOT, fh),
  files.fallocate(ROOT, fh, 0, 10),
  files.lseek(ROOT, fh, 0, files.SEEK_DATA),
  files.release(ROOT, fh),
];
const onDirectory = (fh: bigint): Request<unknown>[] => [
  directories.readdir(ROOT, fh, 0n),
  directories.readdirplus(ROOT, fh, 0n),
  directories.fsyncdir(ROOT, fh),
  directories.releasedir(ROOT, fh),
];

const furniture = ({ export: top }: { export: string }) => {
  Deno.writeTextFileSync(`${top}/file`, OPEN);
  Deno.mkdirSync(`${top}/directory`);
};

attack("nodes and handles that were never given lead nowhere", (attack) => {
  const { session, said, stopped, host, export: top } = attack;
  for (const number of NUMBERS) {
    // The encoder takes numbers and BigInts alike.
    const node = number as unknown as number;
    for (const request of onNode(node)) {
      equal(said(request), "ESTALE", `${request.op} on ${number}`);
    }
    for (const request of [...onHandle(number), ...onDirectory(number)]) {
      equal(said(request), "EBADF", `${request.op} by ${number}`);
    }
    session.must(forget(node, 1));
    session.must(batchForget([[node, 5], [node, 7]]));
  }
  equal(host.names(top).join(), "directory,file");
  stopped(
    `${NUMBERS.length} invented nodes and handles in every request`,
    "the helper (ESTALE, EBADF)",
  );
}, { prepare: furniture });

attack(
  "what was given back leads nowhere, and a handle to its own kind alone",
  async (attack) => {
    const { session, said, stopped, descriptors } = attack;
    const held = descriptors();
    for (let round = 0; round < 30; round++) {
      const file = session.must(names.lookup(ROOT, "file")).nodeid;
      const directory = session.must(names.lookup(ROOT, "directory")).nodeid;
      const { fh } = session.must(files.open(file, O_RDWR));
      const tree = session.must(directories.opendir(directory)).fh;
      for (const request of onHandle(tree)) equal(said(request), "EBADF");
      for (const request of onDirectory(fh)) equal(said(request), "EBADF");
      const from = { nodeid: file, fh, offset: 0 };
      const wrong = { nodeid: directory, fh: tree, offset: 0 };
      equal(said(files.copyFileRange(from, wrong, 5)), "EBADF");
      equal(said(files.copyFileRange(wrong, from, 5)), "EBADF");
      equal(said(files.release(file, fh)), "done");
      equal(said(directories.releasedir(directory, tree)), "done");
      session.must(forget(file));
      session.must(forget(directory));
      for (const request of [...onHandle(fh), ...onHandle(tree)]) {
        equal(said(request), "EBADF", `${request.op}`);
      }
      for (const request of [...onNode(file), ...onNode(directory)]) {
        equal(said(request), "ESTALE", `${request.op}`);
      }
      // Their places are taken by others, with other numbers.
      const other = session.must(names.lookup(ROOT, "file")).nodeid;
      ok(other !== file && other !== directory);
      session.must(forget(other));
      equal(descriptors(), held);
    }
    await attack.noneLeft();
    stopped(
      "nodes and handles that were given back, and handles of the other kind",
      "generations and kinds (ESTALE, EBADF)",
    );
  },
  { prepare: furniture },
);

attack("references without end", async (attack) => {
  const { session, said, stopped, descriptors } = attack;
  const held = descriptors();
  const HUGE = [(1n << 64n) - 1n, 1n << 63n, 1n << 53n, 0xffff_ffffn, 5n];
  for (const count of HUGE) {
    const node = session.must(names.lookup(ROOT, "file")).nodeid;
    session.must(forget(node, count as unknown as number));
    equal(said(attributes.getattr(node)), "ESTALE");
    // Twice, and of the root, which stays.
    session.must(forget(node, count as unknown as number));
    session.must(forget(ROOT, count as unknown as number));
    session.must(batchForget([[ROOT, Number(count)], [node, Number(count)]]));
    equal(said(attributes.getattr(ROOT)), "done");
    equal(descriptors(), held);
  }
  // None of no references takes any away.
  const node = session.must(names.lookup(ROOT, "file")).nodeid;
  session.must(forget(node, 0));
  equal(said(attributes.getattr(node)), "done");
  for (let count = 0; count < 20_000; count++) {
    session.must(names.lookup(ROOT, "file"));
  }
  session.must(forget(node, 20_000));
  equal(said(attributes.getattr(node)), "done");
  session.must(forget(node, 1));
  equal(said(attributes.getattr(node)), "ESTALE");
  await attack.noneLeft();
  stopped(
    "FORGET of up to 2^64-1 references, twice, and of the root",
    "the helper, which counts down to 0 and keeps the root",
  );
}, { prepare: furniture });

attack("an open file outlives its node, and its name", async (attack) => {
  const { session, said, stopped, host, export: top } = attack;
  const node = session.must(names.lookup(ROOT, "file")).nodeid;
  const { fh } = session.must(files.open(node, O_RDONLY));
  session.must(forget(node));
  session.must(names.unlink(ROOT, "file"));
  Deno.writeTextFileSync(`${top}/file`, "another");
  const data = session.must(files.read(node, fh, 0, 64));
  equal(new TextDecoder().decode(data), OPEN);
  equal(said(attributes.getattr(node)), "ESTALE");
  const other = session.must(names.lookup(ROOT, "file"));
  equal(other.attributes.ino, host.lstat(`${top}/file`).ino);
  session.must(forget(other.nodeid));
  session.must(files.release(node, fh));
  await attack.noneLeft();
  stopped(
    "READ of a file whose node and name are gone",
    "nobody: it is still open, and nothing else is",
  );
}, { prepare: furniture });
