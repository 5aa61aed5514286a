/** Device nodes, FIFOs and sockets: made, found, swapped in between two requests and during one. */
import { equal, ok, throws } from "node:assert/strict";
import {
  O_DIRECTORY,
  O_NONBLOCK,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  S_IFBLK,
  S_IFCHR,
  S_IFIFO,
  S_IFSOCK,
} from "../../../ffi/constants.ts";
import type {
  Entry,
  Opened,
} from "../../../src/vhost_user_fs/client/replies.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  setattr,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { opendir } from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { OPEN } from "../../support/attack.ts";
import { type Attack, attack } from "../support/attack.ts";
import { race, volley } from "../support/race.ts";

/** Device numbers: /dev/null, the console, the first loop device. */
const NULL = 0x103, CONSOLE = 0x501, LOOP = 0x700;

/** What is no file and no directory, by name. */
const SPECIAL = {
  fifo: [S_IFIFO, 0],
  socket: [S_IFSOCK, 0],
  null: [S_IFCHR, NULL],
  console: [S_IFCHR, CONSOLE],
  disk: [S_IFBLK, LOOP],
} as const;

const FLAGS = [
  O_RDONLY,
  O_WRONLY,
  O_RDWR,
  O_WRONLY | O_TRUNC,
  O_RDONLY | O_NONBLOCK,
  O_DIRECTORY,
  3,
];

attack("no special file is opened, whoever made it", (attack) => {
  const { session, host, export: top, said, stopped } = attack;
  for (const [name, [type, device]] of Object.entries(SPECIAL)) {
    session.must(names.mknod(ROOT, `ours-${name}`, type | 0o666, device));
    host.mknod(`${top}/theirs-${name}`, type | 0o666, BigInt(device));
  }
  for (const name of host.names(top)) {
    const node = session.must(names.lookup(ROOT, name)).nodeid;
    for (const flags of FLAGS) {
      equal(said(files.open(node, flags)), "EBADF", name);
      equal(said(names.create(ROOT, name, flags, 0o666)), "EBADF", name);
      equal(said(names.create(node, "new", flags, 0o666)), "ENOTDIR", name);
      // O_TMPFILE without the right to write is nothing at all.
      const unnamed = said(names.tmpfile(node, flags, 0o666));
      ok(["ENOTDIR", "EINVAL"].includes(unnamed), name);
      equal(said(opendir(node, flags)), "ENOTDIR", name);
    }
    equal(said(setattr(node, { size: 0 })), "EINVAL", name);
    equal(said(files.read(node, 1n, 0, 64)), "EBADF", name);
    equal(said(setattr(node, { mode: 0o600, mtime: "now" })), "done", name);
  }
  // Nobody has opened them: a reader would let a writer in.
  for (const name of ["ours-fifo", "theirs-fifo"]) {
    throws(
      () => host.openAt(-100, `${top}/${name}`, O_WRONLY | O_NONBLOCK),
      /ENXIO/,
    );
  }
  stopped(
    "OPEN, CREATE, TMPFILE, OPENDIR and SETATTR of device nodes, FIFOs and sockets that the guest made or found",
    "the helper, which opens nothing but regular files and directories (EBADF, ENOTDIR)",
  );
});

for (const [name, [type, device]] of Object.entries(SPECIAL)) {
  const what = device === 0 ? `a ${name}` : `the device ${name}`;
  attack(
    `a file that is ${what} half of the time is never opened as such`,
    async ({ session, host, export: top, said, stopped }: Attack) => {
      Deno.writeTextFileSync(`${top}/file`, OPEN);
      const { ino } = host.lstat(`${top}/file`);
      host.mknod(`${top}/other`, type | 0o666, BigInt(device));
      const seen = { file: 0, other: 0 };
      const take = (fh: bigint) => {
        const data = session.must(files.read(ROOT, fh, 0, 64));
        ok([0, OPEN.length].includes(data.length), "It is the file's");
        session.must(files.release(ROOT, fh));
        seen.file++;
      };
      const swaps = await race(
        ["exchange", `${top}/file`, `${top}/other`],
        () => {
          const flags = [O_RDWR, O_RDWR | O_TRUNC];
          for (
            const { errno, value } of volley(
              session,
              flags.map((one) => names.create(ROOT, "file", one, 0o600)),
            )
          ) {
            if (errno !== 0) {
              seen.other++;
              continue;
            }
            const { nodeid, opened, attributes } = value as Entry & {
              opened: Opened;
            };
            equal(attributes.ino, ino);
            take(opened.fh);
            session.must(forget(nodeid));
          }
          const { nodeid, attributes } = session.must(
            names.lookup(ROOT, "file"),
          );
          for (const flags of FLAGS) {
            const { errno, value } = session.ask(files.open(nodeid, flags));
            equal(errno === 0 || errno === 22, attributes.ino === ino);
            if (value) session.must(files.release(ROOT, value.fh));
          }
          equal(
            said(setattr(nodeid, { size: OPEN.length })) === "done",
            attributes.ino === ino,
          );
          equal(session.must(getattr(nodeid)).attributes.ino, attributes.ino);
          session.must(forget(nodeid));
        },
        () => seen.file > 100 && seen.other > 100,
      );
      stopped(
        `CREATE, OPEN with each way to open, and SETATTR of a file that the host exchanged for ${what}, ${swaps} times`,
        "the helper: it opens by the node, whose type it knows and which stays what it is (EBADF)",
      );
    },
  );
}
