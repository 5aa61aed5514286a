/** As many files as there are descriptors; offsets, sizes, modes and flags at their ends. */
import { deepEqual, equal, ok } from "node:assert/strict";
import {
  O_RDONLY,
  O_RDWR,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
} from "../../../ffi/constants.ts";
import { Writer } from "../../../src/vhost_user_fs/client/bytes.ts";
import { MAIN_REGION } from "../../../src/vhost_user_fs/client/front_end.ts";
import { plain, ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as directories from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { OPEN } from "../../support/attack.ts";
import { attack } from "../support/attack.ts";

const FILES = 900;
/** All that 32 bits can say, each alone. */
const BITS = Array.from({ length: 32 }, (_, bit) => (1 << bit) >>> 0);
/** Offsets and sizes where something ends. */
const ENDS = [
  ...[-1n, -4096n, -(1n << 63n), (1n << 63n) - 1n, (1n << 63n) - 4096n],
  ...[1n << 62n, 1n << 48n, 1n << 32n, 0xffff_ffffn, 4095n, 0n],
];

const one = ({ export: top }: { export: string }) =>
  Deno.writeTextFileSync(`${top}/file`, OPEN);

attack(
  "a guest that takes all descriptors has an honest ENFILE, and the program has some left",
  async (attack) => {
    const { session, host, said, frontEnd, stopped, export: top } = attack;
    const nodes: number[] = [];
    for (let index = 0; index < FILES; index++) {
      const { errno, value } = session.ask(names.lookup(ROOT, `f${index}`));
      if (errno === 0) nodes.push(value!.nodeid);
      else {
        equal(said(names.lookup(ROOT, `f${index}`)), "ENFILE");
        break;
      }
    }
    ok(nodes.length > 100 && nodes.length < FILES);
    // One that is known needs no other.
    session.must(names.lookup(ROOT, "f0"));
    const most = nodes.length;
    const before = host.names(top).length;
    for (
      const request of [
        files.open(nodes[0]!, O_RDONLY),
        directories.opendir(ROOT),
        names.create(ROOT, "new", O_RDWR, 0o600),
        names.mkdir(ROOT, "new", 0o700),
        names.mknod(ROOT, "new", S_IFREG | 0o600),
        names.symlink(ROOT, "new", "x"),
        names.tmpfile(ROOT, O_RDWR, 0o600),
      ]
    ) equal(said(request), "ENFILE", `${request.op}`);
    equal(host.names(top).length, before, "Nothing is made halfway");
    // What the program itself needs is there.
    const region = frontEnd.addRegion({
      ...MAIN_REGION,
      guestAddress: 0x3_0000_0000,
      userAddress: 0x7000_0000_0000,
      size: 65536,
    });
    frontEnd.replaceCall(frontEnd.rings[1]!);
    frontEnd.removeRegion(region);
    equal(said(attributes.setattr(nodes[1]!, { size: 3 })), "done");
    equal(said(files.syncfs(ROOT)), "done");
    // Open files count as well.
    for (const node of nodes.splice(0, 50)) session.must(forget(node, 2));
    const handles: bigint[] = [];
    for (let count = 0; count < 50; count++) {
      handles.push(session.must(files.open(nodes[0]!, O_RDONLY)).fh);
    }
    equal(said(files.open(nodes[0]!, O_RDONLY)), "ENFILE");
    equal(said(names.lookup(ROOT, "f0")), "ENFILE");
    // A directory is listed whole all the same, without nodes.
    for (const fh of handles.splice(0, 1)) {
      session.must(files.release(ROOT, fh));
    }
    const tree = session.must(directories.opendir(ROOT)).fh;
    let listed = 0, cookie = 0n;
    for (;;) {
      const some = session.must(directories.readdirplus(ROOT, tree, cookie));
      if (some.length === 0) break;
      listed += some.length;
      cookie = some.at(-1)!.offset;
      for (const { entry } of some) {
        if (entry.nodeid !== 0) session.must(forget(entry.nodeid));
      }
    }
    equal(listed, FILES + 2);
    session.must(directories.releasedir(ROOT, tree));
    for (const fh of handles) session.must(files.release(ROOT, fh));
    for (const node of nodes) session.must(forget(node));
    await attack.noneLeft();
    session.must(names.lookup(ROOT, "f0"));
    stopped(
      `LOOKUP and OPEN until nothing is left, which was after ${most}`,
      "a budget of descriptors (ENFILE), with a rest for the program",
    );
  },
  {
    args: ["--rlimit-nofile=1000"],
    prepare: ({ export: top }) => {
      for (let index = 0; index < FILES; index++) {
        Deno.writeTextFileSync(`${top}/f${index}`, "12345");
      }
    },
  },
);

attack(
  "offsets and sizes at their ends are an errno or done",
  (attack) => {
    const { session, host, said, stopped, export: top } = attack;
    const node = session.must(names.lookup(ROOT, "file")).nodeid;
    const { fh } = session.must(files.open(node, O_RDWR));
    const tree = session.must(directories.opendir(ROOT)).fh;
    const restore = () => Deno.writeTextFileSync(`${top}/file`, OPEN);
    for (const end of ENDS) {
      const negative = end < 0n;
      const read = said(files.read(node, fh, end, 64));
      ok(["EINVAL", "done"].includes(read), read);
      if (negative) equal(read, "EINVAL");
      const written = said(files.write(node, fh, end, new Uint8Array(3)));
      ok(["EINVAL", "EFBIG", "done"].includes(written), written);
      if (negative) equal(written, "EINVAL");
      restore();
      const sized = said(attributes.setattr(node, { size: end }));
      ok(["EINVAL", "EFBIG", "done"].includes(sized), sized);
      if (negative) equal(sized, "EINVAL");
      restore();
      for (
        const request of [
          files.lseek(node, fh, Number(end), files.SEEK_DATA),
          files.lseek(node, fh, Number(end), files.SEEK_HOLE),
        ]
      ) {
        const sought = said(request);
        ok(["EINVAL", "ENXIO", "done"].includes(sought), sought);
      }
      for (const length of ENDS) {
        for (const mode of [0, 1, 3]) {
          const args = new Writer().u64(fh, end, length).u32(mode, 0).bytes;
          const allocated = said(plain("FALLOCATE", node, args));
          ok(
            ["EINVAL", "EFBIG", "ENOSPC", "EOPNOTSUPP", "done"].includes(
              allocated,
            ),
            `FALLOCATE ${end} ${length} ${mode}: ${allocated}`,
          );
          if (negative || length <= 0n) equal(allocated, "EINVAL");
        }
        restore();
      }
      for (const to of [end, 0n, 7n]) {
        const from = { nodeid: node, fh, offset: Number(end) };
        const place = { nodeid: node, fh, offset: Number(to) };
        const copied = said(files.copyFileRange(from, place, 10));
        ok(
          ["EINVAL", "EOVERFLOW", "EFBIG", "done"].includes(copied),
          `COPY_FILE_RANGE ${end} ${to}: ${copied}`,
        );
        if (negative) ok(copied !== "done");
        restore();
      }
      for (
        const request of [
          directories.readdir(ROOT, tree, end),
          directories.readdirplus(ROOT, tree, end),
        ]
      ) {
        const read = said(request);
        ok(
          ["EINVAL", "done"].includes(read),
          `${request.op} at ${end}: ${read}`,
        );
      }
    }
    equal(host.lstat(`${top}/file`).size, BigInt(OPEN.length));
    session.must(files.release(node, fh));
    session.must(directories.releasedir(ROOT, tree));
    stopped(
      `READ, WRITE, SETATTR, FALLOCATE, LSEEK, COPY_FILE_RANGE and READDIR at ${ENDS.length} ends of all offsets`,
      "the helper and the kernel (EINVAL, EFBIG, ENOSPC)",
    );
  },
  { prepare: one },
);

attack("a file is copied over itself as the kernel allows it", (attack) => {
  const { session, said, stopped, export: top } = attack;
  const text = "0123456789".repeat(10);
  Deno.writeTextFileSync(`${top}/file`, text);
  const node = session.must(names.lookup(ROOT, "file")).nodeid;
  const { fh } = session.must(files.open(node, O_RDWR));
  for (
    const [from, to, length] of [[0, 5, 10], [5, 0, 10], [0, 0, 50], [
      90,
      95,
      20,
    ]] as const
  ) {
    const place = (offset: number) => ({ nodeid: node, fh, offset });
    equal(said(files.copyFileRange(place(from), place(to), length)), "EINVAL");
  }
  equal(Deno.readTextFileSync(`${top}/file`), text);
  session.must(files.release(node, fh));
  stopped("COPY_FILE_RANGE of a range onto itself", "the kernel (EINVAL)");
}, { prepare: one });

attack(
  "no flag and no mode makes what a request is not for",
  async (attack) => {
    const { session, host, said, stopped, export: top } = attack;
    const node = session.must(names.lookup(ROOT, "file")).nodeid;
    for (const flags of [...BITS, 0xffff_ffff, 3]) {
      for (const access of [0, 1, 2]) {
        const { errno, value } = session.ask(
          files.open(node, (flags | access) >>> 0),
        );
        if (errno !== 0) continue;
        // O_PATH, O_TMPFILE and O_DIRECTORY would make something else of it.
        const { ino } = session.must(attributes.getattr(node)).attributes;
        equal(ino, host.lstat(`${top}/file`).ino);
        session.must(files.fsync(node, value!.fh));
        session.must(files.release(node, value!.fh));
      }
      const { errno, value } = session.ask(
        names.create(ROOT, "new", flags, 0o600),
      );
      equal(errno === 0, host.names(top).includes("new"), `${flags}`);
      if (errno === 0) {
        equal(host.lstat(`${top}/new`).mode & S_IFMT, S_IFREG);
        session.must(files.release(ROOT, value!.opened.fh));
        session.must(forget(value!.nodeid));
        Deno.removeSync(`${top}/new`);
      }
      const tree = session.ask(directories.opendir(ROOT, flags));
      if (tree.value) session.must(directories.releasedir(ROOT, tree.value.fh));
      // O_TRUNC was among them.
      Deno.writeTextFileSync(`${top}/file`, OPEN);
      const { fh } = session.must(files.open(node, O_RDWR));
      const sought = said(files.lseek(node, fh, 0, flags));
      equal(sought === "done", flags === 3 || flags === 4, `${flags}`);
      const allocated = said(files.fallocate(node, fh, 0, 10, flags));
      ok(["done", "EOPNOTSUPP", "EINVAL"].includes(allocated), allocated);
      const place = { nodeid: node, fh, offset: 0 };
      const to = { ...place, offset: 50 };
      equal(said(files.copyFileRange(place, to, 5, flags)), "EINVAL");
      session.must(files.release(node, fh));
      const renamed = said(names.rename2(ROOT, "file", ROOT, "other", flags));
      if (renamed === "done") {
        ok([1, 4].includes(flags), `${flags}`);
        Deno.renameSync(`${top}/other`, `${top}/file`);
        if (flags === 4) equal(said(names.unlink(ROOT, "other")), "ENOENT");
      } else ok(["EINVAL", "ENOENT", "EPERM"].includes(renamed), renamed);
    }
    for (const mode of [...BITS, 0xffff_ffff]) {
      session.must(forget(session.must(names.mkdir(ROOT, "d", mode)).nodeid));
      equal(host.lstat(`${top}/d`).mode & S_IFMT, S_IFDIR);
      equal(host.lstat(`${top}/d`).mode & 0o777, mode & 0o777);
      equal(said(names.rmdir(ROOT, "d")), "done");
      const set = session.must(attributes.setattr(node, { mode })).attributes;
      equal(set.mode, (S_IFREG | mode & 0o7777) >>> 0);
    }
    for (const valid of BITS) {
      const set = said(attributes.setattr(node, { extra: valid, fh: 7n }));
      ok(["done", "EBADF"].includes(set), `${valid}: ${set}`);
    }
    await attack.noneLeft().catch(() => session.must(forget(node)));
    deepEqual(host.names(top), ["file"]);
    stopped(
      "flags of OPEN, CREATE, OPENDIR, LSEEK, FALLOCATE, COPY_FILE_RANGE and RENAME2, modes and FATTR of all 32 bits",
      "the helper and the kernel, which take those that there are",
    );
  },
  { prepare: one },
);
