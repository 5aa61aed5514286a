/**
 * The proxy protocol as a table: each request, its fields, and the form of its
 * reply. The client, the trace and the tests use the table; the handlers are
 * written by hand, and tests compare them with it.
 *
 * All numbers are in native byte order, which is little-endian on every
 * machine that Deno runs on.
 *
 * @module
 */
import type { Size } from "../../../ffi/results.ts";

/** Bytes of a header: u32 type, u32 size of the payload. */
export const HEADER_SIZE = 8;
/** The largest payload, inclusive (`PROXY_MAX_IO_SZ` of QEMU). */
export const MAX_PAYLOAD = 65536;
/** The longest string or xattr value in a reply: a u16 length stands before it. */
export const MAX_VALUE = MAX_PAYLOAD - 2;
/** The longest link target that QEMU has room for: a longer one overflows its heap. */
export const MAX_LINK = 4095;
/** The word that announces a descriptor in `SCM_RIGHTS`. */
export const DESCRIPTOR_FOLLOWS = 0x7fffffff;
/** Payloads of fixed size: QEMU aborts on a shorter one. */
export const STAT_SIZE = 116 as Size;
export const STATFS_SIZE = 88 as Size;
export const VERSION_SIZE = 8 as Size;

/** Types of a reply. */
export const T_SUCCESS = 0;
export const T_ERROR = 1;

/**
 * How a field of a request is encoded:
 * - `d`: u32
 * - `q`: 64 bits
 * - `s`: u16 length and bytes, no NUL
 * - `z`: the same with a NUL at the end, which the length includes
 */
export type FieldType = "d" | "q" | "s" | "z";

/**
 * How a request is answered:
 * - `status`: `{SUCCESS|ERROR, 4, i32}`
 * - `descriptor`: no header; one i32, and the descriptor in `SCM_RIGHTS`
 * - `data`: `{SUCCESS, n, …}`, or `{ERROR, 4, i32 -errno}`
 */
export type ReplyForm = "status" | "descriptor" | "data";

/** What the table says of a request. */
export interface RequestShape {
  /** Its type in the header. */
  readonly number: number;
  /** Encodings by name, in wire order. */
  readonly fields: Readonly<Record<string, FieldType>>;
  /** How it is answered. */
  readonly reply: ReplyForm;
}

/** Every request, by its name in the protocol. */
export const REQUESTS = {
  OPEN: { number: 2, fields: { path: "z", flags: "d" }, reply: "descriptor" },
  CREATE: {
    number: 3,
    fields: { path: "s", flags: "d", mode: "d", uid: "d", gid: "d" },
    reply: "descriptor",
  },
  MKNOD: {
    number: 4,
    fields: { uid: "d", gid: "d", path: "s", mode: "d", rdev: "q" },
    reply: "status",
  },
  MKDIR: {
    number: 5,
    fields: { uid: "d", gid: "d", path: "s", mode: "d" },
    reply: "status",
  },
  SYMLINK: {
    number: 6,
    fields: { uid: "d", gid: "d", target: "s", path: "s" },
    reply: "status",
  },
  LINK: { number: 7, fields: { old: "z", new: "s" }, reply: "status" },
  LSTAT: { number: 8, fields: { path: "z" }, reply: "data" },
  READLINK: { number: 9, fields: { path: "z", size: "d" }, reply: "data" },
  STATFS: { number: 10, fields: { path: "z" }, reply: "data" },
  CHMOD: { number: 11, fields: { path: "z", mode: "d" }, reply: "status" },
  CHOWN: {
    number: 12,
    fields: { path: "z", uid: "d", gid: "d" },
    reply: "status",
  },
  TRUNCATE: { number: 13, fields: { path: "z", size: "q" }, reply: "status" },
  UTIME: {
    number: 14,
    fields: {
      path: "z",
      atimeSeconds: "q",
      atimeNanoseconds: "q",
      mtimeSeconds: "q",
      mtimeNanoseconds: "q",
    },
    reply: "status",
  },
  RENAME: { number: 15, fields: { old: "s", new: "s" }, reply: "status" },
  REMOVE: { number: 16, fields: { path: "s" }, reply: "status" },
  LGETXATTR: {
    number: 17,
    fields: { size: "d", path: "z", name: "s" },
    reply: "data",
  },
  LLISTXATTR: { number: 18, fields: { size: "d", path: "z" }, reply: "data" },
  LSETXATTR: {
    number: 19,
    fields: { path: "z", name: "s", value: "s", size: "d", flags: "d" },
    reply: "status",
  },
  LREMOVEXATTR: {
    number: 20,
    fields: { path: "z", name: "s" },
    reply: "status",
  },
  GETVERSION: { number: 21, fields: { path: "z" }, reply: "data" },
} as const satisfies Record<string, RequestShape>;

/** The name of a request: `"OPEN"`, `"LSTAT"` … */
export type RequestName = keyof typeof REQUESTS;

/** A field's value in TypeScript, when it is encoded; text is sent as UTF-8. */
export type FieldValue<T extends FieldType> = T extends "d" ? number
  : T extends "q" ? bigint
  : Uint8Array | string;

/** The fields of one request, to be encoded. */
export type RequestFields<N extends RequestName> = {
  -readonly [F in keyof (typeof REQUESTS)[N]["fields"]]: FieldValue<
    (typeof REQUESTS)[N]["fields"][F] & FieldType
  >;
};

/** All request names, in the order of their numbers. */
export const REQUEST_NAMES = Object.keys(REQUESTS) as readonly RequestName[];

/** One more than the largest request number. */
export const REQUEST_LIMIT = 22;
