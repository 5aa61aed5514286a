/** A name changes places with a symlink out of the export while a guest asks for it, and for what is below. */
import { deepEqual, equal } from "node:assert/strict";
import {
  O_CREAT,
  O_EXCL,
  O_RDWR,
  O_TRUNC,
  S_IFIFO,
  S_IFREG,
} from "../../../ffi/constants.ts";
import type {
  Attributes,
  Entry,
  Opened,
} from "../../../src/vhost_user_fs/client/replies.ts";
import {
  type Answer,
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import * as attributes from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import * as directories from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { makeFiles, MARK, OPEN, SECRET } from "../../support/attack.ts";
import { type Attack, attack } from "../support/attack.ts";
import { race, volley } from "../support/race.ts";

const VALUE = new TextEncoder().encode("changed");

/** What a guest asks of a directory, on every name in it. What one makes another removes. */
const inDirectory = (node: number): Request<unknown>[] => [
  names.lookup(node, "file"),
  names.create(node, "file", O_RDWR, 0o600),
  names.create(node, "new", O_RDWR | O_EXCL, 0o600),
  names.unlink(node, "new"),
  names.mknod(node, "new", S_IFIFO | 0o600),
  names.unlink(node, "new"),
  names.mkdir(node, "new", 0o700),
  names.rename(node, "new", ROOT, "mine"),
  names.rename2(ROOT, "mine", node, "victim", names.RENAME_NOREPLACE),
  names.rename2(node, "victim", node, "file", names.RENAME_EXCHANGE),
  names.rename2(node, "victim", node, "file", names.RENAME_EXCHANGE),
  names.rename(node, "directory", ROOT, "mine"),
  names.rename(ROOT, "mine", node, "directory"),
  names.symlink(node, "new", "x"),
  names.unlink(node, "new"),
  names.tmpfile(node, O_RDWR, 0o600),
  names.rmdir(node, "new"),
  names.rmdir(ROOT, "mine"),
  directories.opendir(node),
  attributes.statfs(node),
];

/** What a guest asks of what it takes for a file. */
const onFile = (node: number): Request<unknown>[] => [
  attributes.getattr(node),
  attributes.statx(node),
  attributes.setattr(node, { mode: 0o666 }),
  attributes.setattr(node, { uid: 7, gid: 7 }),
  attributes.setattr(node, { size: 3 }),
  attributes.setattr(node, { atime: 0n, mtime: 0n }),
  attributes.setxattr(node, MARK, VALUE),
  attributes.getxattr(node, MARK, 64),
  attributes.listxattr(node, 64),
  attributes.removexattr(node, MARK),
  files.open(node, O_RDWR),
  files.open(node, O_RDWR | O_TRUNC),
  attributes.readlink(node),
  names.link(ROOT, "hard", node),
  names.unlink(ROOT, "hard"),
];

/** What an answer has given to the guest, which gives it back. */
class Given {
  readonly seen = { inside: 0, nothing: 0 };
  /** Inodes that are as little to be reached as the secrets. */
  readonly forbidden = new Set<bigint>();
  readonly #attack: Attack;

  constructor(attack: Attack) {
    this.#attack = attack;
  }

  #isForbidden(attributes: Attributes): boolean {
    return this.#attack.isSecret(attributes) ||
      this.forbidden.has(attributes.ino);
  }

  take(request: Request<unknown>, { errno, value }: Answer<unknown>): void {
    if (errno !== 0) {
      this.seen.nothing++;
      return;
    }
    this.seen.inside++;
    const { session } = this.#attack;
    if (value instanceof Uint8Array) {
      equal(new TextDecoder().decode(value).includes(SECRET), false);
    }
    const { nodeid, fh, attributes, opened } = (value ?? {}) as
      & Partial<Entry & Opened & { opened: Opened }>
      & { attributes?: Attributes };
    const what = `${request.op} has reached it`;
    if (attributes) equal(this.#isForbidden(attributes), false, what);
    const handle = fh ?? opened?.fh;
    if (handle !== undefined) this.#close(request, handle);
    if (nodeid) session.must(forget(nodeid));
  }

  /** Reads what is open first. */
  #close(request: Request<unknown>, fh: bigint): void {
    const { session } = this.#attack;
    if (request.op === "OPENDIR") {
      const node = Number(request.nodeid);
      for (
        const { entry } of session.must(
          directories.readdirplus(node, fh, 0n),
        )
      ) {
        if (entry.nodeid === 0) continue;
        equal(this.#isForbidden(entry.attributes), false);
        session.must(forget(entry.nodeid));
      }
      session.must(directories.releasedir(node, fh));
      return;
    }
    const { value } = session.ask(files.read(ROOT, fh, 0, 64));
    equal(new TextDecoder().decode(value).includes(SECRET), false);
    session.must(files.release(ROOT, fh));
  }
}

/** Looks `name` up in `parent`, and asks all of `requests` of what it is at that moment. */
function askOf(
  { session }: Attack,
  given: Given,
  parent: number,
  name: string,
  requests: (node: number) => Request<unknown>[],
): void {
  const [found] = volley(session, [names.lookup(parent, name)]);
  if (found!.errno !== 0) return;
  const { nodeid } = found!.value as Entry;
  const all = requests(nodeid);
  volley(session, all).forEach((answer, index) =>
    given.take(all[index]!, answer)
  );
  session.must(forget(nodeid));
}

for (
  const [kind, target] of [
    ["a relative", () => "../secrets"],
    ["an absolute", ({ secrets }: Attack) => secrets],
  ] as const
) {
  attack(
    `a directory is ${kind} symlink out of the export half of the time`,
    async (attack) => {
      const { host, export: top, secrets, stopped } = attack;
      makeFiles(host, `${top}/way`, OPEN);
      host.symlink(target(attack), `${top}/out`);
      const given = new Given(attack);
      const { seen } = given;
      const swaps = await race(
        ["exchange", `${top}/way`, `${top}/out`],
        () => askOf(attack, given, ROOT, "way", inDirectory),
        () => seen.inside > 500 && seen.nothing > 500,
      );
      deepEqual(host.names(secrets), ["directory", "file", "link", "victim"]);
      stopped(
        `every request in a directory that the host exchanged for ${kind} symlink out of the export, ${swaps} times`,
        "the helper, which follows no symlink: what a node is it stays (ENOTDIR)",
      );
    },
  );
}

attack(
  "a directory is a symlink within the export half of the time",
  async (attack) => {
    const { host, export: top, stopped } = attack;
    makeFiles(host, `${top}/way`, OPEN);
    makeFiles(host, `${top}/kept`, SECRET);
    host.symlink("kept", `${top}/out`);
    const given = new Given(attack);
    const kept = host.names(`${top}/kept`);
    for (const name of ["", ...kept]) {
      given.forbidden.add(host.lstat(`${top}/kept/${name}`).ino);
    }
    const { seen } = given;
    const swaps = await race(
      ["exchange", `${top}/way`, `${top}/out`],
      () => askOf(attack, given, ROOT, "way", inDirectory),
      () => seen.inside > 500 && seen.nothing > 500,
    );
    deepEqual(host.names(`${top}/kept`), kept);
    stopped(
      `every request in a directory that the host exchanged for a symlink to another, ${swaps} times`,
      "the helper: the guest's kernel follows symlinks, by itself",
    );
  },
);

attack(
  "a file is a symlink out of the export half of the time",
  async (attack) => {
    const { host, export: top, secrets, stopped } = attack;
    makeFiles(host, `${top}/way`, OPEN);
    host.symlink(`${"../".repeat(30)}${secrets}/file`, `${top}/out`);
    const given = new Given(attack);
    const { seen } = given;
    const swaps = await race(
      ["exchange", `${top}/way/file`, `${top}/out`],
      () => {
        const way = attack.session.must(names.lookup(ROOT, "way")).nodeid;
        askOf(attack, given, way, "file", onFile);
        const all = [
          names.create(way, "file", O_RDWR | O_CREAT, 0o600),
          names.create(way, "file", O_RDWR | O_TRUNC, 0o600),
          names.mknod(way, "file", S_IFREG | 0o600),
          names.lookup(way, "file"),
        ];
        volley(attack.session, all).forEach((answer, index) =>
          given.take(all[index]!, answer)
        );
        attack.session.must(forget(way));
      },
      () => seen.inside > 500 && seen.nothing > 500,
    );
    stopped(
      `every request on a file that the host exchanged for a symlink out of the export, ${swaps} times`,
      "the helper: each request is on the node itself, and a symlink is not opened (ELOOP)",
    );
  },
);
