/**
 * FUSE requests as a table (linux/fuse.h): what is fixed of each, and in which
 * form it is answered. Handlers are written by hand, and their types follow
 * from the form.
 *
 * What is not here is answered with ENOSYS, which Linux remembers for the whole
 * mount: GETLK, SETLK and SETLKW (no lock flag was set at INIT: locks are the
 * guest's own), ACCESS (the guest checks), INTERRUPT, BMAP, IOCTL, POLL,
 * NOTIFY_REPLY, SETUPMAPPING, REMOVEMAPPING (no DAX).
 *
 * @module
 */

/**
 * - `status`: a header alone
 * - `entry`: `fuse_entry_out`, and one reference to its node
 * - `attr`: `fuse_attr_out`
 * - `open`: `fuse_open_out`
 * - `create`: `fuse_entry_out` and `fuse_open_out`
 * - `bytes`: as many as the handler has put into the reply
 * - `data`: as many as the kernel has put behind the header, in the guest's memory
 * - `none`: not even a header
 */
export type ReplyForm =
  | "status"
  | "entry"
  | "attr"
  | "open"
  | "create"
  | "bytes"
  | "data"
  | "none";

interface OpcodeShape {
  readonly number: number;
  /** Bytes of the fixed arguments, at least. */
  readonly in: number;
  readonly reply: ReplyForm;
  /** Bytes of the body of a reply in the form `bytes`, at least. */
  readonly out?: number;
  /** Whether the node of the header is what the request is about. */
  readonly node?: true;
  /** Whether it changes the file system in any case. */
  readonly writes?: true;
  /** Whether it is about extended attributes, which there may be none of. */
  readonly xattr?: true;
}

/** Every request that is served, by its name in the protocol. */
export const OPCODES = {
  LOOKUP: { number: 1, in: 0, reply: "entry", node: true },
  FORGET: { number: 2, in: 8, reply: "none" },
  GETATTR: { number: 3, in: 16, reply: "attr", node: true },
  SETATTR: { number: 4, in: 88, reply: "attr", node: true, writes: true },
  READLINK: { number: 5, in: 0, reply: "bytes", node: true },
  SYMLINK: { number: 6, in: 0, reply: "entry", node: true, writes: true },
  MKNOD: { number: 8, in: 16, reply: "entry", node: true, writes: true },
  MKDIR: { number: 9, in: 8, reply: "entry", node: true, writes: true },
  UNLINK: { number: 10, in: 0, reply: "status", node: true, writes: true },
  RMDIR: { number: 11, in: 0, reply: "status", node: true, writes: true },
  RENAME: { number: 12, in: 8, reply: "status", node: true, writes: true },
  LINK: { number: 13, in: 8, reply: "entry", node: true, writes: true },
  OPEN: { number: 14, in: 8, reply: "open", node: true },
  READ: { number: 15, in: 40, reply: "data" },
  WRITE: { number: 16, in: 40, reply: "bytes", out: 8, writes: true },
  STATFS: { number: 17, in: 0, reply: "bytes", out: 80, node: true },
  RELEASE: { number: 18, in: 24, reply: "status" },
  FSYNC: { number: 20, in: 16, reply: "status" },
  SETXATTR: {
    ...{ number: 21, in: 8, reply: "status" },
    ...{ node: true, writes: true, xattr: true },
  },
  GETXATTR: { number: 22, in: 8, reply: "bytes", node: true, xattr: true },
  LISTXATTR: { number: 23, in: 8, reply: "bytes", node: true, xattr: true },
  REMOVEXATTR: {
    ...{ number: 24, in: 0, reply: "status" },
    ...{ node: true, writes: true, xattr: true },
  },
  FLUSH: { number: 25, in: 24, reply: "status" },
  INIT: { number: 26, in: 16, reply: "bytes", out: 64 },
  OPENDIR: { number: 27, in: 8, reply: "open", node: true },
  READDIR: { number: 28, in: 40, reply: "bytes" },
  RELEASEDIR: { number: 29, in: 24, reply: "status" },
  FSYNCDIR: { number: 30, in: 16, reply: "status" },
  CREATE: { number: 35, in: 16, reply: "create", node: true },
  DESTROY: { number: 38, in: 0, reply: "status" },
  BATCH_FORGET: { number: 42, in: 8, reply: "none" },
  FALLOCATE: { number: 43, in: 32, reply: "status", writes: true },
  READDIRPLUS: { number: 44, in: 40, reply: "bytes", node: true },
  RENAME2: { number: 45, in: 16, reply: "status", node: true, writes: true },
  LSEEK: { number: 46, in: 24, reply: "bytes", out: 8 },
  COPY_FILE_RANGE: {
    number: 47,
    in: 56,
    reply: "bytes",
    out: 8,
    writes: true,
  },
  SYNCFS: { number: 50, in: 8, reply: "status", node: true },
  TMPFILE: { number: 51, in: 16, reply: "create", node: true, writes: true },
  STATX: { number: 52, in: 24, reply: "bytes", out: 288, node: true },
  COPY_FILE_RANGE_64: {
    number: 53,
    in: 56,
    reply: "bytes",
    out: 8,
    writes: true,
  },
} as const satisfies Record<string, OpcodeShape>;

/** The name of a request: `"LOOKUP"`, `"FORGET"` … */
export type OpcodeName = keyof typeof OPCODES;

/** All of them. */
export const OPCODE_NAMES = Object.keys(OPCODES) as readonly OpcodeName[];

/** One more than the largest opcode: the length of a dense table. */
export const OPCODE_LIMIT = 54;

/** Bytes of a reply's body by form. */
const BODY: Readonly<Record<ReplyForm, number>> = {
  status: 0,
  entry: 128,
  attr: 104,
  open: 16,
  create: 144,
  bytes: 0,
  data: 0,
  none: 0,
};

/** What a request's opcode says of it, as numbers. */
export interface Opcode {
  readonly form: ReplyForm;
  readonly in: number;
  /** Bytes of the reply's body that there has to be room for. */
  readonly room: number;
  readonly node: boolean;
  readonly writes: boolean;
  readonly xattr: boolean;
}

/** The requests by opcode; undefined where there is none. */
export const OPCODE_TABLE: readonly (Opcode | undefined)[] = dense((name) => {
  const shape: OpcodeShape = OPCODES[name];
  return {
    form: shape.reply,
    in: shape.in,
    room: shape.out ?? BODY[shape.reply],
    node: shape.node ?? false,
    writes: shape.writes ?? false,
    xattr: shape.xattr ?? false,
  };
});

/** A table by opcode. */
export function dense<T>(of: (name: OpcodeName) => T): (T | undefined)[] {
  const table = new Array<T | undefined>(OPCODE_LIMIT).fill(undefined);
  for (const name of OPCODE_NAMES) table[OPCODES[name].number] = of(name);
  return table;
}
