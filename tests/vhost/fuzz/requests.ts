/**
 * Requests as a guest could make them: the right form, and what they say from
 * a {@linkcode Pool}.
 *
 * @module
 */
import { Writer } from "../../../src/vhost_user_fs/client/bytes.ts";
import {
  type Opcode,
  OPCODES,
  ROOT,
} from "../../../src/vhost_user_fs/client/request.ts";
import { KERNELS } from "../../../src/vhost_user_fs/client/requests/session.ts";
import type { Random, Weighted } from "../../differential/random.ts";
import { FILE_MAKERS } from "./file_requests.ts";
import { flags, type Made, type Maker, mode, S_IFMTS } from "./making.ts";
import { EDGES, type Pool } from "./pool.ts";

const named = (op: Opcode, room: number): Maker => (pool) => ({
  op,
  nodeid: pool.node("tree"),
  args: new Writer().name(pool.name()).bytes,
  room,
});

const renaming = (op: "RENAME" | "RENAME2"): Maker => (pool, random) => {
  const writer = new Writer().u64(pool.node("tree"));
  if (op === "RENAME2") writer.u32(random.below(random.chance(90) ? 5 : 64), 0);
  return {
    op,
    nodeid: pool.node("tree"),
    args: writer.name(pool.name()).name(pool.name()).bytes,
    room: 0,
  };
};

const MAKERS: readonly Weighted<Maker>[] = [
  ...FILE_MAKERS,
  [20, named("LOOKUP", 128)],
  [3, named("UNLINK", 0)],
  [2, named("RMDIR", 0)],
  [6, (pool) => ({
    op: "GETATTR",
    nodeid: pool.node(),
    args: new Writer().u32(0, 0).u64(0).bytes,
    room: 104,
  })],
  [6, (pool, random) => ({
    op: "SETATTR",
    nodeid: pool.node(),
    args: new Writer().u32(
      random.chance(80) ? 1 << random.below(12) : random.seed(),
      0,
    )
      .u64(
        pool.file(),
        pool.offset(),
        0,
        random.pick(EDGES),
        pool.offset(),
        0,
      )
      .u32(random.seed(), random.below(2 ** 30), 0, mode(random), 0)
      .u32(random.below(3), random.below(3), 0).bytes,
    room: 104,
  })],
  [2, (pool) => ({
    op: "READLINK",
    nodeid: pool.node("other"),
    args: new Uint8Array(0),
    room: 4095,
  })],
  [3, (pool) => ({
    op: "SYMLINK",
    nodeid: pool.node("tree"),
    args: new Writer().name(pool.name()).name(pool.name()).bytes,
    room: 128,
  })],
  [4, (pool, random) => ({
    op: "MKNOD",
    nodeid: pool.node("tree"),
    args: new Writer().u32(
      mode(random, ...S_IFMTS),
      random.below(2000),
      random.below(512),
      0,
    )
      .name(pool.name()).bytes,
    room: 128,
  })],
  [4, (pool, random) => ({
    op: "MKDIR",
    nodeid: pool.node("tree"),
    args:
      new Writer().u32(mode(random), random.below(512)).name(pool.name()).bytes,
    room: 128,
  })],
  [6, (pool, random) => ({
    op: "CREATE",
    nodeid: pool.node("tree"),
    args: new Writer().u32(
      flags(random),
      mode(random, 0o100000),
      random.below(512),
      0,
    )
      .name(pool.name()).bytes,
    room: 144,
  })],
  [1, (pool, random) => ({
    op: "TMPFILE",
    nodeid: pool.node("tree"),
    args: new Writer().u32(
      flags(random),
      mode(random, 0o100000),
      random.below(512),
      0,
    )
      .name("#tmp").bytes,
    room: 144,
  })],
  [3, renaming("RENAME")],
  [3, renaming("RENAME2")],
  [3, (pool) => ({
    op: "LINK",
    nodeid: pool.node("tree"),
    args: new Writer().u64(pool.node("regular")).name(pool.name()).bytes,
    room: 128,
  })],
  [1, (pool) => ({
    op: "STATFS",
    nodeid: pool.node(),
    args: new Uint8Array(0),
    room: 80,
  })],
  [1, (pool) => ({
    op: "SYNCFS",
    nodeid: pool.node(),
    args: new Writer().u64(0).bytes,
    room: 0,
  })],
  [2, (pool, random) => ({
    op: "STATX",
    nodeid: pool.node(),
    args: new Writer().u32(0, 0).u64(pool.file()).u32(
      random.seed(),
      random.seed(),
    ).bytes,
    room: 288,
  })],
  [8, (pool, random) => {
    const nodeid = pool.node();
    if (nodeid !== BigInt(ROOT)) pool.gone(nodeid);
    return {
      op: "FORGET",
      nodeid,
      args: new Writer().u64(
        random.chance(80) ? random.below(4) : random.pick(EDGES),
      ).bytes,
      room: 0,
    };
  }],
  [2, (pool, random) => {
    const count = random.below(6);
    const writer = new Writer().u32(
      random.chance(90) ? count : random.seed(),
      0,
    );
    for (let i = 0; i < count; i++) {
      writer.u64(pool.node(), random.chance(90) ? 1 : random.pick(EDGES));
    }
    return { op: "BATCH_FORGET", nodeid: 0n, args: writer.bytes, room: 0 };
  }],
  [1, (_, random) => ({
    op: random.pick([
      ...["GETLK", "SETLK", "SETLKW", "ACCESS", "INTERRUPT", "BMAP"] as const,
      ...["IOCTL", "POLL", "NOTIFY_REPLY", "SETUPMAPPING"] as const,
      ...["REMOVEMAPPING"] as const,
      ...[0, 7, 19, 54, 4096, 0xffff_ffff],
    ]),
    nodeid: 1n,
    args: new Uint8Array(random.below(64)),
    room: random.below(64),
  })],
];

const INIT_MINORS = [...[0, 1, 5, 27, 31, 38, 41, 45, 999], 0xffff_ffff];

/** INIT: rare, as it drops all that the guest has. */
const INIT_MAKER: Maker = (_, random) => ({
  op: "INIT",
  nodeid: 0n,
  args: new Writer().u32(
    random.chance(80) ? 7 : random.pick([0, 6, 8, 0xffff_ffff]),
    random.pick(INIT_MINORS),
    random.seed(),
    Number(KERNELS["6.12"].flags & 0xffff_ffffn),
    random.seed(),
    ...new Array<number>(11).fill(0),
  ).bytes,
  room: 64,
});

const DESTROY_MAKER: Maker = () => ({
  op: "DESTROY",
  nodeid: 0n,
  args: new Uint8Array(0),
  room: 0,
});

/** In ten thousand requests. */
const RARE = 8;

/** The next request. */
export function make(pool: Pool, random: Random): Made {
  const choice = random.below(10_000);
  if (choice < RARE) return INIT_MAKER(pool, random);
  if (choice < 2 * RARE) return DESTROY_MAKER(pool, random);
  return random.weighted(MAKERS)(pool, random);
}

/** The number of an opcode that is given by its name or its number. */
export function numberOf(op: Opcode | number): number {
  return typeof op === "number" ? op : OPCODES[op];
}
