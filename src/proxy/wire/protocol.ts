/**
 * The proxy protocol as data: what QEMU may ask, field by field, and in which
 * form each question is answered. The client, the trace and the property
 * tests are made from this table; the helper's handlers are written by hand
 * and tested against it.
 *
 * All numbers are in native byte order, which is little-endian on every
 * machine that Deno runs on.
 *
 * @module
 */
import type { Size } from "../../../ffi/results.ts";

/** Bytes of a header: u32 type, u32 size of the payload. */
export const HEADER_SIZE = 8;
/** The largest payload (`PROXY_MAX_IO_SZ`); exactly this is legal. */
export const MAX_PAYLOAD = 65536;
/** The longest string or value that a reply can carry after its u16 length. */
export const MAX_VALUE = MAX_PAYLOAD - 2;
/** The longest link target QEMU has room for: a longer answer overflows its heap. */
export const MAX_LINK = 4095;
/** The word that announces a descriptor in `SCM_RIGHTS`. */
export const DESCRIPTOR_FOLLOWS = 0x7fffffff;
/** Sizes of fixed answers: QEMU aborts on anything shorter. */
export const STAT_SIZE = 116 as Size;
export const STATFS_SIZE = 88 as Size;
export const VERSION_SIZE = 8 as Size;

export const T_SUCCESS = 0;
export const T_ERROR = 1;

/**
 * - `d`: u32
 * - `q`: 64 bits
 * - `s`: u16 length and bytes, no NUL
 * - `z`: the same, and QEMU counts a terminating NUL into it
 */
export type FieldType = "d" | "q" | "s" | "z";

/**
 * - `status`: `{SUCCESS|ERROR, 4, i32}`
 * - `descriptor`: no header; one i32, and the descriptor in `SCM_RIGHTS`
 * - `data`: `{SUCCESS, n, …}`, or `{ERROR, 4, i32 -errno}`
 */
export type ReplyForm = "status" | "descriptor" | "data";

interface RequestShape {
  readonly number: number;
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly reply: ReplyForm;
}

/** Every request, by its name in the protocol. Fields are in wire order. */
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

type FieldValue<T extends FieldType> = T extends "d" ? number
  : T extends "q" ? bigint
  : Uint8Array | string;

/** The fields of one request, to be sent. A string is sent as UTF-8. */
export type RequestFields<N extends RequestName> = {
  -readonly [F in keyof (typeof REQUESTS)[N]["fields"]]: FieldValue<
    (typeof REQUESTS)[N]["fields"][F] & FieldType
  >;
};

/** All request names, in the order of their numbers. */
export const REQUEST_NAMES = Object.keys(REQUESTS) as readonly RequestName[];

/** One more than the largest request number: the length of a dense table. */
export const REQUEST_LIMIT = 22;
