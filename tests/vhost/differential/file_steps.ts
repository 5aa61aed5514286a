/**
 * Random requests on what is open.
 *
 * @module
 */
import {
  O_APPEND,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../../ffi/constants.ts";
import * as directories from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import { forget } from "../../../src/vhost_user_fs/client/requests/session.ts";
import { ROOT } from "../../../src/vhost_user_fs/client/request.ts";
import type { DirectoryEntry } from "../../../src/vhost_user_fs/client/replies.ts";
import { listing, seen } from "./side.ts";
import { type Makers, SIZES, step } from "./step.ts";

export const FILE_STEPS: Makers = [
  [
    6,
    step("OPEN", (r) => {
      const [at, flags] = [
        r.below(1000),
        r.pick([
          O_RDONLY,
          O_RDWR,
          O_WRONLY,
          O_RDWR | O_TRUNC,
          O_RDWR | O_APPEND,
        ]),
      ];
      return [`${at} ${flags}`, (s) => {
        const nodeid = s.leaf(at);
        if (nodeid === undefined) return "";
        return s.ask(files.open(nodeid, flags), ({ fh }) => {
          s.files.push({ nodeid, fh, writable: flags !== O_RDONLY });
          return "";
        });
      }];
    }),
  ],
  [
    5,
    step("READ", (r) => {
      const [at, offset, size] = [
        r.below(1000),
        r.pick(SIZES),
        r.pick([1, 4096, 131072]),
      ];
      return [`${at} ${offset} ${size}`, (s) => {
        const { nodeid, fh } = s.file(at);
        return s.ask(
          files.read(nodeid, fh, offset, size),
          (data) => `${data.length} ${sum(data)}`,
        );
      }];
    }),
  ],
  [
    6,
    step("WRITE", (r) => {
      const [at, offset, size, fill] = [
        r.below(1000),
        r.pick(SIZES),
        r.pick(SIZES),
        r.below(256),
      ];
      const data = new Uint8Array(size).fill(fill);
      const how = {
        kills: r.chance(20),
        cache: r.chance(20),
        flags: r.chance(30) ? O_APPEND : 0,
      };
      return [`${at} ${offset} ${size} ${Object.values(how)}`, (s) => {
        const { nodeid, fh } = s.file(at);
        const killSuidGid = how.kills && s.killpriv;
        return s.ask(
          files.write(nodeid, fh, offset, data, { ...how, killSuidGid }),
          String,
        );
      }];
    }),
  ],
  [
    2,
    step("FALLOCATE", (r) => {
      const [at, offset, size, mode] = [
        r.below(1000),
        r.pick(SIZES),
        r.pick(SIZES),
        r.pick([0, 1, 3, 0x10, 0x80]),
      ];
      return [`${at} ${offset} ${size} ${mode}`, (s) => {
        const { nodeid, fh } = s.file(at);
        return s.ask(files.fallocate(nodeid, fh, offset, size, mode));
      }];
    }),
  ],
  [
    2,
    step("COPY_FILE_RANGE", (r) => {
      const [from, to, offset, into, size] = [
        r.below(1000),
        r.below(1000),
        r.pick(SIZES),
        r.pick(SIZES),
        r.pick(SIZES),
      ];
      return [`${from} ${offset} ${to} ${into} ${size}`, (s) =>
        s.ask(
          files.copyFileRange({ ...s.file(from), offset }, {
            ...s.file(to),
            offset: into,
          }, size),
          String,
        )];
    }),
  ],
  [
    2,
    step("LSEEK", (r) => {
      const [at, offset, whence] = [
        r.below(1000),
        r.pick(SIZES),
        r.pick([files.SEEK_DATA, files.SEEK_HOLE, 9]),
      ];
      return [`${at} ${offset} ${whence}`, (s) => {
        const { nodeid, fh } = s.file(at);
        return s.ask(files.lseek(nodeid, fh, offset, whence), String);
      }];
    }),
  ],
  [
    1,
    step("SYNCFS", () => ["", (s) => s.ask(files.syncfs(ROOT))]),
  ],
  [
    2,
    step("FLUSH or FSYNC", (r) => {
      const [at, sync] = [r.below(1000), r.chance(30)];
      return [`${at} ${sync}`, (s) => {
        const { nodeid, fh } = s.file(at);
        return s.ask(sync ? files.fsync(nodeid, fh) : files.flush(nodeid, fh));
      }];
    }),
  ],
  [
    4,
    step("RELEASE", (r) => {
      const at = r.below(1000);
      return [`${at}`, (s) => {
        const { nodeid, fh } = s.file(at);
        s.files.splice(at % Math.max(1, s.files.length), 1);
        return s.ask(files.release(nodeid, fh));
      }];
    }),
  ],
  [
    3,
    step("OPENDIR", (r) => {
      const at = r.below(1000);
      return [`${at}`, (s) => {
        const nodeid = s.node(at);
        return s.ask(directories.opendir(nodeid), ({ fh }) => {
          s.directories.push({ nodeid, fh });
          return "";
        });
      }];
    }),
  ],
  [
    4,
    step("READDIR", (r) => {
      const at = r.below(1000);
      return [`${at}`, (s) => {
        const { nodeid, fh } = s.directory(at);
        return s.ask(directories.readdir(nodeid, fh, 0n), listing);
      }];
    }),
  ],
  [
    3,
    step("READDIR in pieces", (r) => {
      const [at, size] = [r.below(1000), r.pick([300, 600, 1000])];
      return [`${at} ${size}`, (s) => {
        const { nodeid, fh } = s.directory(at);
        const all: DirectoryEntry[] = [];
        for (let more = true; more;) {
          const answer = s.ask(
            directories.readdir(nodeid, fh, all.at(-1)?.offset ?? 0n, size),
            (entries) => {
              all.push(...entries);
              more = entries.length > 0;
              return "";
            },
          );
          if (!answer.startsWith("done")) return answer;
        }
        return `done ${listing(all)}`;
      }];
    }),
  ],
  [
    1,
    step("FSYNCDIR", (r) => {
      const at = r.below(1000);
      return [`${at}`, (s) => {
        const { nodeid, fh } = s.directory(at);
        return s.ask(directories.fsyncdir(nodeid, fh));
      }];
    }),
  ],
  [
    4,
    step("READDIRPLUS", (r) => {
      const at = r.below(1000);
      return [`${at}`, (s) => {
        const { nodeid, fh } = s.directory(at);
        return s.ask(directories.readdirplus(nodeid, fh, 0n), (entries) => {
          for (const { entry } of entries) {
            if (entry.nodeid !== 0) s.session.must(forget(entry.nodeid));
          }
          return entries.map(({ name, entry }) =>
            `${name} ${seen(entry.attributes)}`
          ).sort().join("; ");
        });
      }];
    }),
  ],
  [
    2,
    step("RELEASEDIR", (r) => {
      const at = r.below(1000);
      return [`${at}`, (s) => {
        const { nodeid, fh } = s.directory(at);
        s.directories.splice(at % Math.max(1, s.directories.length), 1);
        return s.ask(directories.releasedir(nodeid, fh));
      }];
    }),
  ],
];

function sum(data: Uint8Array): number {
  let all = 0;
  for (const byte of data) all = (all * 31 + byte) >>> 0;
  return all;
}
