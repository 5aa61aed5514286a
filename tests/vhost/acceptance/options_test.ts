/** What options of the command line change, by the same words for all. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import {
  O_CREAT,
  O_DIRECT,
  O_EXCL,
  O_NOATIME,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
} from "../../../ffi/constants.ts";
import {
  type Request,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import {
  removexattr,
  setattr,
  setxattr,
} from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import {
  opendir,
  readdirplus,
} from "../../../src/vhost_user_fs/client/requests/directories.ts";
import * as files from "../../../src/vhost_user_fs/client/requests/files.ts";
import * as names from "../../../src/vhost_user_fs/client/requests/names.ts";
import {
  forget,
  INIT,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import { makeFiles, nodeOf } from "../support/share_files.ts";
import {
  forEachServer,
  type Setup,
  type Trial,
} from "../support/each_server.ts";

const BOTH: Setup = { servers: ["ours", "1.13"] };

const FLAGS = [
  "DO_READDIRPLUS",
  "READDIRPLUS_AUTO",
  "CACHE_SYMLINKS",
  "SUBMOUNTS",
  "HANDLE_KILLPRIV",
  "HANDLE_KILLPRIV_V2",
  "DIRECT_IO_ALLOW_MMAP",
  "CREATE_SUPP_GROUP",
  "WRITEBACK_CACHE",
] as const;
const ALWAYS = "SUBMOUNTS CREATE_SUPP_GROUP";
const PLUS = "DO_READDIRPLUS READDIRPLUS_AUTO";

/** What INIT agrees on, of {@linkcode FLAGS}. */
for (
  const [line, expected] of [
    ["--cache=auto", `${PLUS} ${ALWAYS}`],
    ["--cache=always", `${PLUS} CACHE_SYMLINKS ${ALWAYS}`],
    ["--cache=metadata", `${PLUS} CACHE_SYMLINKS ${ALWAYS}`],
    ["--cache=never", ALWAYS],
    ["--no-readdirplus", ALWAYS],
    ["--no-announce-submounts", `${PLUS} CREATE_SUPP_GROUP`],
    ["--killpriv-v2", `${PLUS} SUBMOUNTS HANDLE_KILLPRIV_V2 CREATE_SUPP_GROUP`],
    ["--killpriv-v2 --no-killpriv-v2", `${PLUS} ${ALWAYS}`],
    [
      "--cache=never --allow-mmap",
      "SUBMOUNTS DIRECT_IO_ALLOW_MMAP CREATE_SUPP_GROUP",
    ],
    [
      "-o cache=none,no_readdirplus,killpriv_v2",
      "SUBMOUNTS HANDLE_KILLPRIV_V2 CREATE_SUPP_GROUP",
    ],
  ] as const
) {
  forEachServer(`INIT with ${line}`, (trial) => {
    const { flags } = trial.initReply;
    const set = FLAGS.filter((name) => flags >> BigInt(INIT[name]) & 1n);
    trial.observe(`INIT's flags with ${line}`, set.join(" "), expected);
  }, { ...BOTH, args: line.split(" ") });
}

forEachServer("--allow-direct-io hands O_DIRECT on", (trial) => {
  const file = nodeOf(trial, "file");
  const { fh } = trial.must(files.open(file, O_RDWR | O_DIRECT));
  trial.expect(
    "READ at an odd offset, with O_DIRECT",
    files.read(file, fh, 1, 3),
    "EINVAL",
  );
  const usual = trial.must(files.open(file, O_RDWR)).fh;
  equal(trial.must(files.read(file, usual, 1, 3)).length, 3);
}, { ...BOTH, prepare: makeFiles, args: ["--allow-direct-io"] });

for (const preserves of [true, false]) {
  forEachServer(
    preserves
      ? "--preserve-noatime hands O_NOATIME on"
      : "without --preserve-noatime O_NOATIME stays in the guest",
    (trial) => {
      const { host, path } = trial;
      // Long ago, so that even relatime(8) would set it.
      const file = nodeOf(trial, "file");
      trial.must(setattr(file, { atime: 1_000_000_000n }));
      const { fh } = trial.must(files.open(file, O_RDONLY | O_NOATIME));
      trial.must(files.read(file, fh, 0, 5));
      equal(host.lstat(path("file")).atime === 1_000_000_000n, preserves);
    },
    {
      ...BOTH,
      prepare: makeFiles,
      args: preserves ? ["--preserve-noatime"] : [],
    },
  );
}

forEachServer(
  "mounts that are not announced have nodes of their own",
  (trial) => {
    const { attributes, nodeid } = trial.must(names.lookup(ROOT, "mounted"));
    equal(attributes.flags, 0);
    const other = trial.must(names.lookup(ROOT, "another"));
    // Each file system begins with the same number.
    equal(attributes.ino, other.attributes.ino);
    notEqual(nodeid, other.nodeid);
    equal(trial.must(names.lookup(nodeid, "one")).attributes.flags, 0);
    trial.expect("LOOKUP across", names.lookup(other.nodeid, "one"), "ENOENT");
  },
  {
    ...BOTH,
    needs: ["mount"],
    args: ["--no-announce-submounts"],
    prepare({ system, path }) {
      for (const name of ["mounted", "another"]) {
        Deno.mkdirSync(path(name));
        system.mountTmpfs(path(name), "size=64k,mode=755");
      }
      Deno.writeTextFileSync(path("mounted/one"), "");
    },
  },
);

/** Each request that changes something, with all that it takes. */
function changes(trial: Trial): [string, Request<unknown>][] {
  const file = nodeOf(trial, "file");
  const { fh } = trial.must(files.open(file, O_RDONLY));
  const place = { nodeid: file, fh, offset: 0 };
  return [
    ["SETATTR", setattr(file, { mode: 0o600 })],
    ["SYMLINK", names.symlink(ROOT, "x", "target")],
    ["MKNOD", names.mknod(ROOT, "x", 0o100644)],
    ["MKDIR", names.mkdir(ROOT, "x", 0o755)],
    ["UNLINK", names.unlink(ROOT, "file")],
    ["RMDIR", names.rmdir(ROOT, "empty")],
    ["RENAME", names.rename(ROOT, "file", ROOT, "x")],
    ["RENAME2", names.rename2(ROOT, "file", ROOT, "x", 1)],
    ["LINK", names.link(ROOT, "x", file)],
    ["WRITE", files.write(file, fh, 0, new Uint8Array(1))],
    ["SETXATTR", setxattr(file, "user.a", new Uint8Array(1))],
    ["REMOVEXATTR", removexattr(file, "user.a")],
    ["FALLOCATE", files.fallocate(file, fh, 0, 1)],
    ["COPY_FILE_RANGE", files.copyFileRange(place, place, 1)],
    ["CREATE", names.create(ROOT, "x", O_RDWR | O_EXCL, 0o644)],
    ["CREATE for reading", names.create(ROOT, "x", O_RDONLY, 0o644)],
    ["OPEN for writing", files.open(file, O_RDWR)],
    ["OPEN to truncate", files.open(file, O_RDONLY | O_TRUNC)],
    [
      "CREATE for writing of what is there",
      names.create(ROOT, "file", O_RDWR, 0o644),
    ],
    [
      "CREATE to truncate what is there",
      names.create(ROOT, "file", O_TRUNC, 0o644),
    ],
  ];
}

forEachServer("--readonly: what would change something is EROFS", (trial) => {
  for (const [what, request] of changes(trial)) {
    trial.expect(`${what} with --readonly`, request, "EROFS");
  }
  trial.expect(
    "CREATE of a file that is there with --readonly",
    names.create(ROOT, "file", O_RDONLY | O_CREAT, 0o644),
  );
  trial.expect(
    "CREATE with O_EXCL of a file that is there with --readonly",
    names.create(ROOT, "file", O_RDONLY | O_CREAT | O_EXCL, 0o644),
    "EEXIST",
  );
}, { ...BOTH, prepare: makeFiles, args: ["--readonly"] });

forEachServer(
  "READDIRPLUS at the end of the budget lists every name",
  (trial) => {
    const { fh } = trial.must(opendir(ROOT));
    const list = () => {
      const found = new Map<string, number>();
      for (let offset = 0n;;) {
        const entries = trial.must(readdirplus(ROOT, fh, offset, 8192));
        if (entries.length === 0) return found;
        for (const { name, entry } of entries) found.set(name, entry.nodeid);
        offset = entries.at(-1)!.offset;
      }
    };
    const found = list();
    deepEqual(
      [...found.keys()].filter((name) => !name.startsWith(".")).sort(),
      trial.host.names(trial.path("")).sort(),
    );
    const known = [...found].filter(([name, nodeid]) =>
      !name.startsWith(".") && nodeid !== 0
    );
    equal(known.length > 50 && known.length < FILES, true, `${known.length}`);
    const [left] = [...found].find(([name, nodeid]) =>
      name.startsWith("f") && nodeid === 0
    )!;
    trial.expect("LOOKUP beyond it", names.lookup(ROOT, left), "ENFILE");
    // What is let go of is there for others.
    trial.must(forget(known[0]![1]));
    trial.must(names.lookup(ROOT, left));
  },
  {
    servers: ["ours"],
    args: ["--rlimit-nofile=900"],
    prepare({ path }) {
      for (let index = 0; index < FILES; index++) {
        Deno.writeTextFileSync(path(`f${index}`), "");
      }
    },
  },
);

const FILES = 600;
