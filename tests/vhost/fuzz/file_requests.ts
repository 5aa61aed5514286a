/**
 * Requests on what is open, and on extended attributes.
 *
 * @module
 */
import { Writer } from "../../../src/vhost_user_fs/client/bytes.ts";
import type { Opcode } from "../../../src/vhost_user_fs/client/request.ts";
import type { Weighted } from "../../differential/random.ts";
import { flags, type Maker, MOST_DATA, size } from "./making.ts";
import { EDGES } from "./pool.ts";

const onFile = (op: Opcode): Maker => (pool, random) => {
  const handle = op.endsWith("DIR") ? pool.directory() : pool.file();
  if (op.startsWith("RELEASE")) pool.gone(handle);
  return {
    op,
    nodeid: pool.node(),
    args: new Writer().u64(handle).u32(random.below(4), random.below(4))
      .u64(0).bytes,
    room: 0,
  };
};

const transfer = (op: Opcode): Maker => (pool, random) => {
  const asked = size(random);
  const directory = op !== "READ";
  return {
    op,
    nodeid: pool.node(),
    args: new Writer().u64(
      directory ? pool.directory() : pool.file(),
      directory && random.chance(50) ? 0 : pool.offset(),
    ).u32(asked, 0).u64(0).u32(flags(random), 0).bytes,
    room: Math.min(asked, random.below(MOST_DATA)),
  };
};

const opening = (op: Opcode): Maker => (pool, random) => ({
  op,
  nodeid: pool.node(op === "OPEN" ? "regular" : "tree"),
  args: new Writer().u32(flags(random), random.below(4)).bytes,
  room: 16,
});

const ATTRIBUTES = [
  ...["user.a", "user.b", "user.mark", "trusted.a", "security.capability"],
  ...["system.posix_acl_access", "system.posix_acl_default", "security.ima"],
  ...["user.", "user", ".", "", "x".repeat(255), "x".repeat(256)],
];

const attribute: (op: Opcode) => Maker = (op) => (pool, random) => {
  const name = random.chance(70)
    ? random.pick(ATTRIBUTES.slice(0, 4))
    : random.pick(ATTRIBUTES);
  const asked = random.chance(30) ? 0 : size(random);
  const writer = new Writer();
  switch (op) {
    case "SETXATTR": {
      const value = new Uint8Array(random.below(200));
      // The version of an ACL, which may have entries.
      if (value.length > 0) value[0] = 2;
      writer.u32(random.chance(95) ? value.length : asked, random.below(4));
      // Where there are ACLs two words more come: SETXATTR_EXT.
      if (random.chance(30)) writer.u32(random.below(2), 0);
      return {
        op,
        nodeid: pool.node(),
        args: writer.name(name).raw(value).bytes,
        room: 0,
      };
    }
    case "REMOVEXATTR":
      return {
        op,
        nodeid: pool.node(),
        args: writer.name(name).bytes,
        room: 0,
      };
    case "LISTXATTR":
      writer.u32(asked, 0);
      break;
    default:
      writer.u32(asked, 0).name(name);
  }
  return {
    op,
    nodeid: pool.node(),
    args: writer.bytes,
    room: asked === 0 ? 8 : Math.min(asked, random.below(MOST_DATA)),
  };
};

const copying = (op: Opcode): Maker => (pool, random) => ({
  op,
  nodeid: pool.node(),
  args: new Writer().u64(pool.file(), pool.offset(), pool.node(), pool.file())
    .u64(
      pool.offset(),
      // What is much is slow.
      random.chance(97) ? random.below(100_000) : random.pick(EDGES),
      random.chance(95) ? 0 : random.seed(),
    ).bytes,
  room: 8,
});

/** Each with how often it is made. */
export const FILE_MAKERS: readonly Weighted<Maker>[] = [
  [8, opening("OPEN")],
  [4, opening("OPENDIR")],
  [8, transfer("READ")],
  [4, transfer("READDIR")],
  [6, transfer("READDIRPLUS")],
  [8, (pool, random) => {
    const data = new Uint8Array(random.below(MOST_DATA));
    return {
      op: "WRITE",
      nodeid: pool.node(),
      args: new Writer().u64(pool.file(), pool.offset())
        .u32(
          random.chance(95) ? data.length : size(random),
          random.below(8),
        ).u64(0).u32(flags(random), 0).raw(data).bytes,
      room: 8,
    };
  }],
  [4, onFile("RELEASE")],
  [2, onFile("RELEASEDIR")],
  [1, onFile("FSYNC")],
  [1, onFile("FSYNCDIR")],
  [1, onFile("FLUSH")],
  [3, attribute("SETXATTR")],
  [3, attribute("GETXATTR")],
  [3, attribute("LISTXATTR")],
  [1, attribute("REMOVEXATTR")],
  [2, (pool, random) => ({
    op: "FALLOCATE",
    nodeid: pool.node(),
    args: new Writer().u64(pool.file(), pool.offset(), pool.offset())
      .u32(random.chance(80) ? random.below(4) : random.seed(), 0).bytes,
    room: 0,
  })],
  [2, (pool, random) => ({
    op: "LSEEK",
    nodeid: pool.node(),
    args: new Writer().u64(pool.file(), pool.offset())
      .u32(random.chance(80) ? 3 + random.below(2) : random.seed(), 0).bytes,
    room: 8,
  })],
  [2, copying("COPY_FILE_RANGE")],
  [1, copying("COPY_FILE_RANGE_64")],
];
