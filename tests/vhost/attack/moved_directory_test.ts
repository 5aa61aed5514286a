/** A directory is moved out of the export and back while a guest works in it and tries to climb out of it. */
import { deepEqual, equal } from "node:assert/strict";
import { O_RDWR } from "../../../ffi/constants.ts";
import type { Entry } from "../../../src/vhost_user_fs/client/replies.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import * as directories from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { makeFiles, OPEN } from "../../support/attack.ts";
import { type Attack, attack } from "../support/attack.ts";
import { race, volley } from "../support/race.ts";

/** Ways up. */
const CLIMBS = [
  ...["..", ".", "../..", "../secrets", "../secrets/file", "directory/.."],
  ...["/", "/secrets", "./..", "directory/../../secrets/file"],
];

/** What would read, make, change and remove something outside. */
function climbing(node: number): Request<unknown>[] {
  return CLIMBS.flatMap((name): Request<unknown>[] => [
    names.lookup(node, name),
    names.create(node, name, O_RDWR, 0o600),
    names.mkdir(node, name, 0o700),
    names.unlink(node, name),
    names.rename(node, name, ROOT, "stolen"),
    names.rename(ROOT, "a", node, name),
    names.rename2(node, name, ROOT, "a", names.RENAME_EXCHANGE),
    names.link(node, name, node),
    names.symlink(node, name, "x"),
  ]);
}

/** What may be done in the directory, wherever it is: the guest has it. */
const working = (node: number): Request<unknown>[] => [
  names.create(node, "new", O_RDWR, 0o600),
  names.rename(node, "new", ROOT, "mine"),
  names.rename(ROOT, "mine", node, "new"),
  names.unlink(node, "new"),
  names.mkdir(node, "new", 0o700),
  names.rmdir(node, "new"),
];

/** Gives back what answers have given. */
function giveBack({ session }: Attack, value: unknown): void {
  const { nodeid, opened } = (value ?? {}) as Partial<Entry> & {
    opened?: { fh: bigint };
  };
  if (opened) session.must(files.release(ROOT, opened.fh));
  if (nodeid) session.must(forget(nodeid));
}

attack(
  "a guest works in a directory that is outside half of the time, and climbs",
  async (attack) => {
    const { session, host, outside, export: top, stopped, said } = attack;
    Deno.mkdirSync(`${top}/a`);
    makeFiles(host, `${top}/a/b`, OPEN);
    Deno.mkdirSync(`${outside}/beside/deeper`, { recursive: true });
    const a = session.must(names.lookup(ROOT, "a")).nodeid;
    const b = session.must(names.lookup(a, "b")).nodeid;
    const { fh } = session.must(directories.opendir(b));
    const climbs = climbing(b);
    const seen = { inside: 0, nothing: 0 };
    const moves = await race([
      ...["move", `${top}/a/b`, `${outside}/b`],
      ...["move", `${top}/a/b`, `${outside}/beside/deeper/b`],
    ], (round) => {
      const [here, ...work] = volley(session, [
        names.lookup(a, "b"),
        ...working(b),
      ]);
      if (here!.errno === 0) seen.inside++;
      else seen.nothing++;
      for (const { value } of [here!, ...work]) giveBack(attack, value);
      // An eleventh of all of them in each round.
      const some = climbs.filter((_, index) => index % 11 === round % 11);
      for (const [index, { errno }] of volley(session, some).entries()) {
        const { op } = some[index]!;
        equal(errno, 22, `${op} of a way up is EINVAL`);
      }
      for (
        const { name, entry } of session.must(
          directories.readdirplus(b, fh, 0n),
        )
      ) {
        if (name === "..") equal(entry.nodeid, 0);
        if (entry.nodeid === 0) continue;
        equal(attack.isSecret(entry.attributes), false);
        session.must(forget(entry.nodeid));
      }
    }, () => seen.inside > 100 && seen.nothing > 100);
    deepEqual(host.names(outside), ["beside", "export", "secrets"]);
    deepEqual(host.names(top), ["a"]);
    stopped(
      `to climb by names out of a directory that the host moved out of the export and back, ${moves} times`,
      'the helper, which takes no "/", no "." and no ".." for a name (EINVAL)',
    );
    Deno.renameSync(`${top}/a/b`, `${outside}/b`);
    for (const request of climbs) equal(said(request), "EINVAL");
    // What the guest was given it keeps, as on any file system.
    session.must(forget(session.must(names.lookup(b, "file")).nodeid));
    session.must(directories.readdir(b, fh, 0n));
    equal(said(names.lookup(a, "b")), "ENOENT");
    Deno.renameSync(`${outside}/b`, `${top}/a/b`);
  },
);

attack(
  "directories are exchanged, moved and replaced by a file within the export",
  async (attack) => {
    const { session, host, export: top, stopped } = attack;
    for (const name of ["one", "other"]) {
      makeFiles(host, `${top}/${name}`, OPEN);
      Deno.mkdirSync(`${top}/${name}/deep/er`, { recursive: true });
    }
    Deno.writeTextFileSync(`${top}/plain`, OPEN);
    const seen = { inside: 0, nothing: 0 };
    const times = await race([
      ...["exchange", `${top}/one/deep`, `${top}/other`],
      ...["move", `${top}/one`, `${top}/moved`],
      ...["exchange", `${top}/plain`, `${top}/one/deep`],
    ], () => {
      const nodes: number[] = [ROOT];
      for (const name of ["one", "deep", "er"]) {
        const { value } = session.ask(names.lookup(nodes.at(-1)!, name));
        if (value === undefined) break;
        nodes.push(value.nodeid);
      }
      if (nodes.length === 4) seen.inside++;
      else seen.nothing++;
      const last = nodes.at(-1)!;
      const requests = [
        names.mkdir(last, "new", 0o700),
        names.rename(last, "new", nodes.at(-2) ?? ROOT, "newer"),
        names.rmdir(nodes.at(-2) ?? ROOT, "newer"),
        names.rmdir(last, "new"),
        names.create(last, "file", O_RDWR, 0o600),
        directories.opendir(last),
      ];
      for (
        const [index, { value, errno }] of volley(session, requests).entries()
      ) {
        if (errno !== 0) continue;
        if (requests[index]!.op === "OPENDIR") {
          const { fh } = value as { fh: bigint };
          session.must(directories.readdir(last, fh, 0n));
          session.must(directories.releasedir(last, fh));
        } else giveBack(attack, value);
      }
      for (const node of nodes.slice(1)) session.must(forget(node));
    }, () => seen.inside > 100 && seen.nothing > 100);
    stopped(
      `requests in directories that the host exchanged, moved and replaced by a file, ${times} times`,
      "the kernel: each name is looked up in the directory that the node is (ENOENT, ENOTDIR)",
    );
  },
);
