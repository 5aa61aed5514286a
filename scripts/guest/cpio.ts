/**
 * Writes an archive in the "newc" format, which the kernel unpacks as its
 * first root file system. An own writer, as device nodes can be put into it
 * without being root.
 *
 * @module
 */

/** What one entry of an archive is. Everything in it belongs to root. */
export type Entry =
  | { readonly kind: "directory"; readonly mode: number }
  | { readonly kind: "file"; readonly mode: number; readonly data: Uint8Array }
  | { readonly kind: "symlink"; readonly target: string }
  | {
    readonly kind: "character device";
    readonly mode: number;
    readonly major: number;
    readonly minor: number;
  };

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const S_IFCHR = 0o020000;

/**
 * An archive of `entries`, by path without a leading slash. A directory has to
 * come before what is in it.
 */
export function cpio(entries: ReadonlyMap<string, Entry>): Uint8Array {
  const parts: Uint8Array[] = [];
  let inode = 1;
  for (const [path, entry] of entries) {
    parts.push(...record(path, inode++, entry));
  }
  parts.push(...record("TRAILER!!!", 0, undefined));
  const archive = new Uint8Array(
    parts.reduce((size, part) => size + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

function record(
  path: string,
  inode: number,
  entry: Entry | undefined,
): Uint8Array[] {
  const data = content(entry);
  const name = new TextEncoder().encode(path + "\0");
  const device = entry?.kind === "character device" ? entry : undefined;
  const fields = [
    inode,
    mode(entry),
    0, // uid
    0, // gid
    entry?.kind === "directory" ? 2 : 1,
    0, // mtime
    data.length,
    0, // the archive's own device, major
    0, // and minor
    device?.major ?? 0,
    device?.minor ?? 0,
    name.length,
    0, // checksum: not of this variant
  ];
  const header = new TextEncoder().encode(
    "070701" + fields.map((field) => field.toString(16).padStart(8, "0")).join(
      "",
    ),
  );
  return [
    header,
    name,
    padding(header.length + name.length),
    data,
    padding(data.length),
  ];
}

function content(entry: Entry | undefined): Uint8Array {
  switch (entry?.kind) {
    case "file":
      return entry.data;
    case "symlink":
      return new TextEncoder().encode(entry.target);
    default:
      return new Uint8Array();
  }
}

function mode(entry: Entry | undefined): number {
  switch (entry?.kind) {
    case "directory":
      return S_IFDIR | entry.mode;
    case "file":
      return S_IFREG | entry.mode;
    case "symlink":
      return S_IFLNK | 0o777;
    case "character device":
      return S_IFCHR | entry.mode;
    default:
      return 0;
  }
}

/** Names and contents end at a multiple of four bytes. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - length % 4) % 4);
}
