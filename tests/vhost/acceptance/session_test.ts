/** INIT, unknown requests, and requests that are too short. */
import { equal } from "node:assert/strict";
import { Writer } from "../../../src/vhost_user_fs/client/bytes.ts";
import {
  OPCODES,
  plain,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import { getattr } from "../../../src/vhost_user_fs/client/requests/attributes.ts";
import { mkdir } from "../../../src/vhost_user_fs/client/requests/names.ts";
import {
  INIT,
  init,
  KERNELS,
} from "../../../src/vhost_user_fs/client/requests/session.ts";
import { makeFiles, nodeOf } from "../support/share_files.ts";
import { forEachServer } from "../support/each_server.ts";

const WANTED = [
  "ASYNC_READ",
  "BIG_WRITES",
  "DO_READDIRPLUS",
  "READDIRPLUS_AUTO",
  "PARALLEL_DIROPS",
  "MAX_PAGES",
  "ASYNC_DIO",
  "ATOMIC_O_TRUNC",
  "AUTO_INVAL_DATA",
  "SUBMOUNTS",
  "INIT_EXT",
] as const;
const REFUSED = [
  "POSIX_LOCKS",
  "FLOCK_LOCKS",
  "EXPORT_SUPPORT",
  "POSIX_ACL",
  "SETXATTR_EXT",
  "SECURITY_CTX",
  "WRITEBACK_CACHE",
  "DONT_MASK",
] as const;

for (const [kernel, offered] of Object.entries(KERNELS)) {
  forEachServer(`INIT of Linux ${kernel}`, (trial) => {
    const reply = trial.initReply;
    equal(reply.major, 7);
    equal(reply.minor >= 36, true, `minor ${reply.minor}`);
    equal(reply.maxWrite, 1024 * 1024);
    trial.observe("max_pages", String(reply.maxPages), "256");
    equal(reply.timeGran, 1);
    equal(reply.maxReadahead <= 0x20000, true);
    equal(reply.flags & ~offered.flags, 0n, "flags that were not offered");
    const has = (name: keyof typeof INIT) =>
      String((reply.flags >> BigInt(INIT[name]) & 1n) === 1n);
    for (const name of WANTED) {
      trial.observe(`INIT sets ${name}`, has(name), "true");
    }
    for (const name of REFUSED) {
      trial.observe(`INIT sets ${name}`, has(name), "false");
    }
  }, { init: offered });
}

forEachServer(
  "INIT of kernels that are no more, and of ones to come",
  (trial) => {
    trial.frontEnd.start();
    const { session } = trial;
    const later = session.ask(init({ major: 8, minor: 0 }));
    trial.observe(
      "INIT of major 8",
      `${later.errno} ${later.value?.major}`,
      "0 7",
    );
    trial.expect("INIT of major 6", init({ major: 6, minor: 0 }), "EPROTO");
    trial.expect("INIT of minor 20", init({ minor: 20 }), "EPROTO");
    equal(session.must(init({ minor: 99 })).major, 7);
    equal(
      session.must(init({ minor: 31, flags: 0x7bff_fffbn & ~(1n << 30n) }))
        .flags >> 32n,
      0n,
    );
    session.must(getattr(ROOT));
  },
  { init: false },
);

forEachServer("nothing is served before INIT", (trial) => {
  trial.frontEnd.start();
  trial.expect("GETATTR before INIT", getattr(ROOT), "EIO");
}, { init: false });

forEachServer(
  "opcodes that nobody knows are unknown, and what comes later is served",
  (trial) => {
    const opcodes: (number | keyof typeof OPCODES)[] = [
      0,
      7,
      19,
      54,
      99,
      0xffff_ffff,
      "IOCTL",
      "POLL",
      "BMAP",
      "SETUPMAPPING",
      "REMOVEMAPPING",
      "GETLK",
      "SETLK",
      "SETLKW",
    ];
    for (const opcode of opcodes) {
      trial.expect(
        `opcode ${opcode}`,
        plain(opcode, ROOT, new Uint8Array(64)),
        "ENOSYS",
      );
    }
    trial.must(getattr(ROOT));
  },
  { prepare: makeFiles },
);

forEachServer("requests that are too short are refused", (trial) => {
  const node = nodeOf(trial, "file");
  const skipped = [
    "FORGET",
    "BATCH_FORGET",
    "INIT",
    "DESTROY",
    "INTERRUPT",
    "NOTIFY_REPLY",
    "STATFS",
    "READLINK",
    "SYNCFS",
    "ACCESS",
  ];
  const unknown = [
    "IOCTL",
    "POLL",
    "BMAP",
    "SETUPMAPPING",
    "REMOVEMAPPING",
    "GETLK",
    "SETLK",
    "SETLKW",
    "COPY_FILE_RANGE_64",
  ];
  for (const op of Object.keys(OPCODES) as (keyof typeof OPCODES)[]) {
    if (skipped.includes(op) || unknown.includes(op)) continue;
    trial.expect(`${op} without anything`, {
      ...plain(op, node),
      room: { atMost: 200 },
    }, "EINVAL");
  }
  trial.expect("LOOKUP without a NUL", {
    ...plain(
      "LOOKUP",
      ROOT,
      new TextEncoder().encode("file") as Uint8Array<ArrayBuffer>,
    ),
    room: { atMost: 200 },
  }, "EINVAL");
  trial.expect(
    "RENAME with one name",
    plain("RENAME", ROOT, new Writer().u64(ROOT).name("file").bytes),
    "EINVAL",
  );
  trial.expect("SYMLINK with one name", {
    ...plain("SYMLINK", ROOT, new Writer().name("file").bytes),
    room: { atMost: 200 },
  }, "EINVAL");
  trial.must(getattr(ROOT));
}, { prepare: makeFiles });

forEachServer("an opcode of CUSE's does not end the session", (trial) => {
  trial.expect("opcode 4096", plain(4096, ROOT, new Uint8Array(64)), "ENOSYS");
  trial.expect("GETATTR after opcode 4096", getattr(ROOT));
});

forEachServer("a length that is not the chain's is refused", (trial) => {
  const lengths = [["shorter than a header", 39], [
    "longer than the chain",
    5000,
  ], ["of 2^31", 2 ** 31]] as const;
  for (const [what, length] of lengths) {
    trial.expect(`a length ${what}`, { ...getattr(ROOT), length }, "EINVAL");
  }
  trial.must(getattr(ROOT));
});

forEachServer("mkdir with a mode of all bits", (trial) => {
  const made = trial.expect(
    "MKDIR with all bits",
    mkdir(ROOT, "d", 0xffff_ffff),
  );
  if (made === undefined) return;
  const { attributes } = made;
  trial.observe(
    "a directory of all bits",
    (attributes.mode & 0o7777).toString(8),
    "1777",
  );
});
