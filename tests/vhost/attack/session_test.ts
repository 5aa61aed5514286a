/** A guest that begins, ends and interrupts its session as none does, and one that may only read. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { O_RDONLY, O_RDWR, O_TRUNC, S_IFREG } from "../../../ffi/constants.ts";
import { Writer } from "../../../src/vhost_user_fs/client/bytes.ts";
import {
  OPCODES,
  plain,
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as directories from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import {
  destroy,
  init,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import { lookAt, makeFiles, OPEN } from "../../support/attack.ts";
import { attack } from "../support/attack.ts";

const WORDS = [0, 1, 7, 31, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

attack(
  "INIT over and over, of all versions and with all flags",
  async (attack) => {
    const { session, said, stopped, descriptors } = attack;
    Deno.writeTextFileSync(`${attack.export}/file`, OPEN);
    const held = descriptors();
    let times = 0;
    for (const major of [7, 0, 6, 8, 0xffff_ffff]) {
      for (const minor of WORDS) {
        for (const flags of [0n, (1n << 64n) - 1n, 0xffff_ffffn, 1n << 30n]) {
          const maxReadahead = WORDS[times++ % WORDS.length]!;
          session.ask(init());
          const node = session.must(names.lookup(ROOT, "file")).nodeid;
          const { fh } = session.must(files.open(node, O_RDWR));
          const outcome = said(init({ major, minor, flags, maxReadahead }));
          ok(["done", "EPROTO"].includes(outcome), outcome);
          // A new mount, whatever came of it: nothing is left of the one before.
          equal(said(attributes.getattr(node)), "ESTALE");
          equal(said(files.read(node, fh, 0, 5)), "EBADF");
          equal(descriptors(), held);
        }
      }
    }
    // Without its flags' second half, and with nothing at all.
    for (const length of [0, 4, 8, 12, 16, 20, 60]) {
      const request: Request<unknown> = {
        ...init(),
        args: init().args.slice(0, length),
      };
      equal(said(request), length < 16 ? "EINVAL" : "done", `${length}`);
    }
    session.must(init());
    await attack.noneLeft();
    stopped(
      `${times} INITs of versions and flags that no kernel has`,
      "the helper (EPROTO), which drops what was there before",
    );
  },
);

attack("DESTROY, and requests after it", async (attack) => {
  const { session, said, stopped, descriptors } = attack;
  Deno.writeTextFileSync(`${attack.export}/file`, OPEN);
  const held = descriptors();
  for (let round = 0; round < 20; round++) {
    const node = session.must(names.lookup(ROOT, "file")).nodeid;
    const { fh } = session.must(files.open(node, O_RDWR));
    const tree = session.must(directories.opendir(ROOT)).fh;
    session.must(directories.readdirplus(ROOT, tree, 0n));
    for (let count = 0; count < 3; count++) equal(said(destroy()), "done");
    equal(descriptors(), held);
    equal(said(attributes.getattr(node)), "ESTALE");
    equal(said(files.write(node, fh, 0, new Uint8Array(1))), "EBADF");
    equal(said(directories.readdir(ROOT, tree, 0n)), "EBADF");
    if (round % 2 === 0) session.must(init());
  }
  await attack.noneLeft();
  stopped(
    "DESTROY three times, and requests on what was there",
    "the helper, which has dropped all (ESTALE, EBADF)",
  );
});

attack("INTERRUPT, and all other opcodes that there are none of", (attack) => {
  const { session, said, stopped } = attack;
  const served = new Set(
    [...Object.entries(OPCODES)].filter(([name]) =>
      !/GETLK|SETLK|ACCESS|INTERRUPT|BMAP|IOCTL|POLL|NOTIFY|MAPPING/.test(name)
    ).map(([, number]) => number as number),
  );
  const args = new Writer().u64(7).u32(1, 0xffff_ffff).u64(1, 2, 3).bytes;
  const opcodes = [
    ...Array.from({ length: 256 }, (_, opcode) => opcode),
    ...[4096, 0x0100_0000, 0x1000_0001, 0x8000_0001, 0xffff_ffff],
  ].filter((opcode) => !served.has(opcode));
  for (const opcode of opcodes) {
    for (const node of [0, ROOT, 77]) {
      equal(said(plain(opcode, node, args)), "ENOSYS", `${opcode}`);
    }
  }
  session.must(attributes.getattr(ROOT));
  stopped(
    `${opcodes.length} opcodes that are not served`,
    "the helper (ENOSYS)",
  );
});

attack("a guest that may only read changes nothing", (attack) => {
  const { session, host, said, stopped, export: top } = attack;
  const before = lookAt(host, top);
  const { nodeid: file } = session.must(names.lookup(ROOT, "file"));
  const { fh } = session.must(files.open(file, O_RDONLY));
  const place = { nodeid: file, fh, offset: 0 };
  const mark = new Uint8Array(1);
  const requests: Request<unknown>[] = [
    ...[1, 2, 3].flatMap((flags) => [
      files.open(file, flags),
      names.create(ROOT, "file", flags, 0o600),
    ]),
    files.open(file, O_RDONLY | O_TRUNC),
    names.create(ROOT, "file", O_RDONLY | O_TRUNC, 0o600),
    names.create(ROOT, "new", O_RDONLY, 0o600),
    names.tmpfile(ROOT, O_RDWR, 0o600),
    names.mkdir(ROOT, "new", 0o700),
    names.mknod(ROOT, "new", S_IFREG | 0o600),
    names.symlink(ROOT, "new", "x"),
    names.link(ROOT, "new", file),
    names.unlink(ROOT, "file"),
    names.rmdir(ROOT, "directory"),
    names.rename(ROOT, "file", ROOT, "new"),
    names.rename2(ROOT, "file", ROOT, "victim", names.RENAME_EXCHANGE),
    attributes.setattr(file, { mode: 0o777 }),
    attributes.setattr(file, { uid: 7 }),
    attributes.setattr(file, { size: 0 }),
    attributes.setattr(file, { size: 0, fh }),
    attributes.setattr(file, { mtime: "now" }),
    attributes.setattr(file, {}),
    attributes.setxattr(file, "user.x", mark),
    attributes.removexattr(file, "user.mark"),
    files.write(file, fh, 0, mark),
    files.fallocate(file, fh, 0, 4096),
    files.copyFileRange(place, { ...place, offset: 4 }, 1),
  ];
  for (const request of requests) {
    equal(said(request), "EROFS", `${request.op}`);
  }
  const data = session.must(files.read(file, fh, 0, 64));
  equal(new TextDecoder().decode(data), OPEN);
  deepEqual(lookAt(host, top), before);
  stopped(
    `${requests.length} requests to change a read-only export`,
    "the helper (EROFS), and the mount behind it",
  );
}, {
  readOnly: true,
  prepare: ({ host, export: top }) => {
    Deno.removeSync(top);
    makeFiles(host, top, OPEN);
    host.chmod(top, 0o755);
  },
});
