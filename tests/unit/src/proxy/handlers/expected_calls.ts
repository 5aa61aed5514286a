/**
 * What each request has to come to on the host, said a second time and from
 * the table's fields, to hold the handlers against.
 *
 * @module
 */
import type { RequestName } from "../../../../../src/proxy/wire/protocol.ts";
import type { Fields } from "./arbitraries.ts";
import type { Call } from "./fake_context.ts";

const O_CREAT = 0o100, O_EXCL = 0o200, O_NONBLOCK = 0o4000;
const O_DIRECTORY = Deno.build.arch === "aarch64" ? 0o40000 : 0o200000;
/** O_NOCTTY, O_CLOEXEC: set on every open. */
const GUARDS = 0o400 | 0o2000000;
/** O_ASYNC, O_PATH, __O_TMPFILE: never passed on. */
const NEVER = 0o20000 | 0o10000000 | 0o20000000;
/** The room for a value in a reply. */
const WHOLE_REPLY = 65534n;

/**
 * The calls by which `name` is carried out, in order; looking at files and
 * setting descriptors up left aside. `fields` as `decodeRequest` returns them.
 */
export function expectedCalls(name: RequestName, fields: Fields): Call[] {
  const d = (field: string) => fields[field] as number;
  const q = (field: string) => BigInt.asIntN(64, fields[field] as bigint);
  const s = (field: string) => untilNul(fields[field] as Uint8Array);
  const asOwner = (call: Call): Call[] => [
    ["become", d("uid"), d("gid")],
    call,
    ["restore"],
  ];
  switch (name) {
    case "OPEN":
      return [[
        "open",
        s("path"),
        guarded(d("flags") & ~(NEVER | O_CREAT | O_EXCL)),
        0,
      ]];
    case "CREATE":
      return asOwner([
        "open",
        s("path"),
        guarded(d("flags") & ~NEVER),
        d("mode"),
      ]);
    case "MKNOD":
      // A device number of more than 32 bits is refused before anything is done.
      return q("rdev") !== BigInt.asUintN(32, q("rdev")) ? [] : asOwner([
        "mknod",
        s("path"),
        d("mode"),
        Number(q("rdev")),
      ]);
    case "MKDIR":
      return asOwner(["mkdir", s("path"), d("mode")]);
    case "SYMLINK":
      return asOwner(["symlink", s("target"), s("path")]);
    case "LINK":
      return [["link", s("old"), s("new")]];
    case "LSTAT":
      return [["lstat", s("path")]];
    case "READLINK":
      return (d("size") | 0) < 2 ? [] : [["readlink", s("path"), 4095n]];
    case "STATFS":
      return [["statfs", s("path")]];
    case "CHMOD":
      return [["chmod", s("path"), d("mode")]];
    case "CHOWN":
      return [["lchown", s("path"), d("uid"), d("gid")]];
    case "TRUNCATE":
      return [["truncate", s("path"), q("size")]];
    case "UTIME": {
      const times = new BigInt64Array(
        ["atimeSeconds", "atimeNanoseconds", "mtimeSeconds", "mtimeNanoseconds"]
          .map(q),
      );
      return [["utimens", s("path"), new Uint8Array(times.buffer)]];
    }
    case "RENAME":
      return [["rename", s("old"), s("new")]];
    case "REMOVE":
      return [["remove", s("path")]];
    case "LGETXATTR":
      return (d("size") | 0) < 0
        ? []
        : [["lgetxattr", s("path"), s("name"), capacity(d("size"))]];
    case "LLISTXATTR":
      return (d("size") | 0) < 0
        ? []
        : [["llistxattr", s("path"), capacity(d("size"))]];
    case "LSETXATTR": {
      const value = fields["value"] as Uint8Array;
      return d("size") > value.length ? [] : [[
        "lsetxattr",
        s("path"),
        s("name"),
        value.slice(0, d("size")),
        d("flags") | 0,
      ]];
    }
    case "LREMOVEXATTR":
      return [["lremovexattr", s("path"), s("name")]];
    case "GETVERSION":
      return [["open", s("path"), guarded(0), 0], ["getversion", 0]];
  }
}

/** What is opened with `flags`: never so that it waits, which no directory does, and no new file. */
function guarded(flags: number): number {
  const directory = (flags & O_DIRECTORY) !== 0 && (flags & O_CREAT) === 0;
  const created = (flags & O_EXCL) !== 0 && (flags & O_CREAT) !== 0;
  return flags | GUARDS | (directory || created ? 0 : O_NONBLOCK);
}

/** Exact up to the longest size that makes no garbage. */
function capacity(size: number): bigint {
  return size <= 4096 ? BigInt(size) : WHOLE_REPLY;
}

/** What C sees of a string. */
function untilNul(text: Uint8Array): Uint8Array {
  const end = text.indexOf(0);
  return end < 0 ? text : text.slice(0, end);
}
