/** Names that are none, names of every byte, and symlinks that a guest plants. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { O_EXCL, O_RDWR, S_IFREG } from "../../../ffi/constants.ts";
import { Writer } from "../../../src/vhost_user_fs/client/bytes.ts";
import {
  type Opcode,
  plain,
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { opendir } from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { attack } from "../support/attack.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const SLASH = 0x2f;
const encoded = (text: string): Bytes => new TextEncoder().encode(text);

/** Every request that names something, by `name`; `file` is another name, of a file with the node `node`. */
const everywhere = (
  parent: number,
  name: Bytes,
  file: string,
  node: number,
): Request<unknown>[] => [
  names.lookup(parent, name),
  names.create(parent, name, O_RDWR, 0o600),
  names.create(parent, name, O_RDWR | O_EXCL, 0o600),
  names.mkdir(parent, name, 0o700),
  names.mknod(parent, name, S_IFREG | 0o600),
  names.symlink(parent, name, "x"),
  names.link(parent, name, node),
  names.rename(parent, name, parent, "stolen"),
  names.rename(parent, file, parent, name),
  names.rename2(parent, name, parent, "stolen", 0),
  names.rename2(parent, file, parent, name, names.RENAME_EXCHANGE),
  names.rename2(parent, name, parent, file, names.RENAME_WHITEOUT),
  names.unlink(parent, name),
  names.rmdir(parent, name),
];

const WRONG = [
  ...["", ".", "..", "/", "//", "a/", "/a", "a/b", "../secrets", "./file"],
  ...["../secrets/file", "/etc/passwd", "..\0", ".\0x", "/\0"],
].map(encoded).concat(
  // A slash in overlong UTF-8 is none: it must not become one.
  new Uint8Array([0x2e, 0x2e, SLASH, 0xc0, 0xaf]),
);

attack("what is no name is one in no request", (attack) => {
  const { session, host, export: top, said, stopped } = attack;
  Deno.writeTextFileSync(`${top}/file`, "");
  Deno.mkdirSync(`${top}/directory`);
  const node = session.must(names.lookup(ROOT, "file")).nodeid;
  const directory = session.must(names.lookup(ROOT, "directory")).nodeid;
  for (const parent of [ROOT, directory]) {
    for (const name of WRONG) {
      for (const request of everywhere(parent, name, "file", node)) {
        const text = new TextDecoder().decode(name);
        equal(said(request), "EINVAL", `${request.op} ${text}`);
      }
    }
    for (const length of [256, 257, 4095, 4096, 60_000]) {
      const name = new Uint8Array(length).fill(0x6e);
      for (const request of everywhere(parent, name, "file", node)) {
        equal(said(request), "ENAMETOOLONG", `${request.op} of ${length}`);
      }
    }
  }
  deepEqual(host.names(top), ["directory", "file"]);
  deepEqual(host.names(`${top}/directory`), []);
  stopped(
    `${
      WRONG.length + 5
    } names with "/", "." and "..", empty and too long, in every request`,
    "the helper (EINVAL, ENAMETOOLONG)",
  );
});

attack("a name without an end is none", (attack) => {
  const { session, host, export: top, said, stopped } = attack;
  Deno.writeTextFileSync(`${top}/file`, "");
  const node = session.must(names.lookup(ROOT, "file")).nodeid;
  for (const request of everywhere(ROOT, encoded("x"), "file", node)) {
    // Without the last NUL, and with one name where two are due.
    const cut = { ...request, args: request.args.slice(0, -1) };
    equal(said(cut), "EINVAL", `${request.op}`);
  }
  for (const op of ["RENAME", "SYMLINK"] satisfies Opcode[]) {
    const args = new Writer().u64(...op === "RENAME" ? [ROOT] : [])
      .name("file").bytes;
    equal(said({ ...plain(op, ROOT, args) }), "EINVAL", op);
  }
  deepEqual(host.names(top), ["file"]);
  stopped(
    "names without their NUL, and one where two are due",
    "the helper (EINVAL)",
  );
});

attack(
  "every other byte is one of a name, and names nothing else",
  (attack) => {
    const { session, host, export: top, said, stopped } = attack;
    for (let byte = 1; byte < 256; byte++) {
      if (byte === SLASH) continue;
      for (
        const name of [[byte], [byte, byte], [0x61, byte], [0x2e, byte, 0x2e]]
      ) {
        const bytes = new Uint8Array(name);
        if (byte === 0x2e && name.length < 3 && name[0] === 0x2e) continue;
        equal(
          said(names.mknod(ROOT, bytes, S_IFREG | 0o600)),
          "done",
          `${name}`,
        );
        const path = new Uint8Array([...encoded(`${top}/`), ...bytes]);
        const { ino } = host.lstat(path);
        equal(
          session.must(names.lookup(ROOT, bytes)).attributes.ino,
          ino,
          `${name}`,
        );
        equal(said(names.unlink(ROOT, bytes)), "done");
      }
    }
    const longest = new Uint8Array(255).fill(0xff);
    equal(said(names.mkdir(ROOT, longest, 0o700)), "done");
    equal(said(names.rmdir(ROOT, longest)), "done");
    deepEqual(host.names(top), []);
    stopped(
      "names of every byte but NUL and slash, of text and of none",
      "nobody: they are names, and name what they say",
    );
  },
);

const TARGETS = [
  ...["/", "/etc/passwd", "..", "../secrets", "../secrets/file", "."],
  ...["../../../../../../etc/passwd", "/proc/self/root", "/proc/self/fd/1"],
  ...["loop", "directory", "directory/file", "1", "self", "x".repeat(4095)],
];

attack("a symlink that the guest plants leads it nowhere", (attack) => {
  const { session, host, export: top, said, stopped } = attack;
  Deno.mkdirSync(`${top}/directory`);
  Deno.writeTextFileSync(`${top}/directory/file`, "inside");
  for (const [index, target] of TARGETS.entries()) {
    const name = target === "loop" ? "loop" : `link${index}`;
    const made = session.must(names.symlink(ROOT, name, target));
    const { nodeid } = made;
    equal(session.must(attributes.readlink(nodeid)), target);
    for (const flags of [0, 1, 2, 0o1000 | 1, 0o200000, 3]) {
      equal(said(files.open(nodeid, flags)), "ELOOP");
      equal(said(names.create(ROOT, name, flags, 0o600)), "ELOOP");
    }
    equal(said(opendir(nodeid)), "ENOTDIR");
    for (const below of ["file", "passwd", "x"]) {
      for (const request of everywhere(nodeid, encoded(below), "y", nodeid)) {
        equal(said(request), "ENOTDIR", `${request.op} in ${target}`);
      }
    }
    // Of the symlink itself, or not at all.
    equal(said(attributes.setattr(nodeid, { uid: 7, gid: 8 })), "done");
    ok(said(attributes.setattr(nodeid, { size: 0 })) !== "done");
    ok(said(attributes.setattr(nodeid, { mode: 0o777 })) !== "done");
    ok(said(attributes.setxattr(nodeid, "user.x", encoded("x"))) !== "done");
    equal(said(attributes.setattr(nodeid, { mtime: 5n })), "done");
    const { uid, gid } = host.lstat(`${top}/${name}`);
    deepEqual([uid, gid], [7, 8]);
  }
  equal(Deno.readTextFileSync(`${top}/directory/file`), "inside");
  equal(host.lstat(`${top}/directory`).uid, 0);
  const empty = names.symlink(ROOT, "empty", "");
  equal(said(empty), "EINVAL");
  equal(said(names.symlink(ROOT, "long", "x".repeat(4096))), "ENAMETOOLONG");
  stopped(
    `${TARGETS.length} symlinks out of the export, to themselves and to descriptors, in every request`,
    "the helper, which follows none (ELOOP, ENOTDIR)",
  );
});
