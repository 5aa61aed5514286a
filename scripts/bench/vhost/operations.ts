/**
 * What is measured: the operations of a guest's day.
 *
 * @module
 */
import { O_CREAT, O_RDONLY, O_RDWR } from "../../../ffi/constants.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import {
  getattr,
  getxattr,
  setattr,
  statfs,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  opendir,
  readdirplus,
} from "../../../src/vhost_user_fs/client/requests/directories.ts";
import {
  open,
  read,
  release,
  write,
} from "../../../src/vhost_user_fs/client/requests/files.ts";
import {
  create,
  lookup,
  unlink,
} from "../../../src/vhost_user_fs/client/requests/names.ts";
import { forget } from "../../../src/vhost_user_fs/client/requests/session.ts";
import type { Desk, Prepared } from "./prepared.ts";

/** Something to be measured. */
export interface Operation {
  /** In 24 letters. */
  readonly name: string;
  /** How often it is done in one round: some milliseconds. */
  readonly times: number;
  /** Makes it ready on a server. */
  prepare(desk: Desk): Run;
}

/** One time of it; and what has to be done before, which is not measured. */
export interface Run {
  readonly run: () => void;
  readonly before?: () => void;
}

export const NAMES = 64;
const LISTED = 32;
const USER = 1000;
const ENOENT = 2;
const NODE = 16;
const KIB = 1024;

/** Puts into a share what the operations work on. */
export function makeFiles(share: string): void {
  Deno.mkdirSync(`${share}/listed`);
  for (let index = 0; index < LISTED; index++) {
    Deno.writeTextFileSync(`${share}/listed/file ${index}`, "");
  }
  for (let index = 0; index < NAMES; index++) {
    Deno.writeTextFileSync(`${share}/file ${index}`, "");
  }
  Deno.writeFileSync(`${share}/data`, new Uint8Array(1024 * KIB).fill(7));
  Deno.chmodSync(share, 0o777);
}

const once = (prepared: Prepared): Run => ({ run: () => prepared.run() });

export const OPERATIONS: readonly Operation[] = [
  {
    name: "LOOKUP, known",
    times: 500,
    prepare: (desk) => once(desk.prepare(lookup(ROOT, "data"))),
  },
  {
    name: "LOOKUP cold, FORGET",
    times: 300,
    prepare(desk) {
      const found = desk.prepare(lookup(ROOT, "file 1"));
      const left = desk.prepare(forget(0));
      return {
        run() {
          found.run();
          left.patch(left.at.question + NODE, found.at.body);
          left.run();
        },
      };
    },
  },
  {
    name: "LOOKUP, missing",
    times: 500,
    prepare: (desk) => once(desk.prepare(lookup(ROOT, "missing"), ENOENT)),
  },
  {
    name: "GETATTR",
    times: 500,
    prepare: (desk) => once(desk.prepare(getattr(data(desk)))),
  },
  {
    name: "SETATTR",
    times: 500,
    prepare: (desk) =>
      once(desk.prepare(setattr(data(desk), { mode: 0o644, mtime: "now" }))),
  },
  {
    name: "OPEN, RELEASE",
    times: 300,
    prepare(desk) {
      const node = data(desk);
      const opened = desk.prepare(open(node, O_RDONLY));
      const closed = desk.prepare(release(node, 0n));
      return {
        run() {
          opened.run();
          closed.patch(closed.at.args, opened.at.body);
          closed.run();
        },
      };
    },
  },
  {
    name: "READDIRPLUS of 32",
    times: 100,
    prepare(desk) {
      const { session } = desk;
      const { nodeid } = session.must(lookup(ROOT, "listed"));
      const { fh } = session.must(opendir(nodeid));
      // The nodes are known, as in a listing that comes again.
      return once(desk.prepare(readdirplus(nodeid, fh, 0n)));
    },
  },
  {
    name: "CREATE, UNLINK as a user",
    // Few: ext4 looks past each inode that was removed in the last five seconds.
    times: 20,
    // With RELEASE and FORGET of what is made.
    prepare(desk) {
      const [made, closed, removed, left] = desk.session.as(
        { uid: USER, gid: USER },
        () => [
          desk.prepare(create(ROOT, "made", O_RDWR | O_CREAT, 0o644)),
          desk.prepare(release(0, 0n)),
          desk.prepare(unlink(ROOT, "made")),
          desk.prepare(forget(0)),
        ],
      );
      return {
        run() {
          made!.run();
          closed!.patch(closed!.at.question + NODE, made!.at.body);
          closed!.patch(closed!.at.args, made!.at.body + 128);
          closed!.run();
          removed!.run();
          left!.patch(left!.at.question + NODE, made!.at.body);
          left!.run();
        },
      };
    },
  },
  {
    name: "STATFS",
    times: 500,
    prepare: (desk) => once(desk.prepare(statfs(ROOT))),
  },
  {
    name: "GETXATTR",
    times: 500,
    // Asked for before each first write: mostly there is none.
    prepare: (desk) =>
      once(desk.prepare(getxattr(data(desk), "security.capability", 0), 61)),
  },
  {
    name: "64 FORGETs",
    times: 10,
    prepare(desk) {
      const found = Array.from(
        { length: NAMES },
        (_, index) => desk.prepare(lookup(ROOT, `file ${index}`)),
      );
      const left = found.map(() => desk.prepare(forget(0)));
      return {
        before() {
          found.forEach((each, index) => {
            each.run();
            const other = left[index]!;
            other.patch(other.at.question + NODE, each.at.body);
          });
        },
        run() {
          for (const each of left) each.publish();
          left[0]!.finish(NAMES);
        },
      };
    },
  },
  ...([[4, 300], [128, 50], [1024, 10]] as const).flatMap((
    [kib, times],
  ): Operation[] => [
    {
      name: `READ of ${kib} KiB`,
      times,
      prepare(desk) {
        const { nodeid, fh } = opened(desk);
        return once(desk.prepare(read(nodeid, fh, 0, kib * KIB)));
      },
    },
    {
      name: `WRITE of ${kib} KiB`,
      times,
      prepare(desk) {
        const { nodeid, fh } = opened(desk);
        return once(
          desk.prepare(write(nodeid, fh, 0, new Uint8Array(kib * KIB).fill(9))),
        );
      },
    },
  ]),
];

function data({ session }: Desk): number {
  return session.must(lookup(ROOT, "data")).nodeid;
}

function opened(desk: Desk): { nodeid: number; fh: bigint } {
  const nodeid = data(desk);
  return { nodeid, fh: desk.session.must(open(nodeid, O_RDWR)).fh };
}
