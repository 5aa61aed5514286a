/**
 * Writes an archive in the "newc" format, which the kernel unpacks as its
 * first root file system. cpio(1) would do, but only root can make the device
 * nodes that it needs.
 *
 * @module
 */

/** What one entry of an archive is. Everything in it belongs to root. */
export interface Entry {
  /** Type and permissions, as `st_mode` of stat(2). */
  readonly mode: number;
  /** The content of a file. */
  readonly data?: Uint8Array;
  /** The number of a device. */
  readonly device?: { readonly major: number; readonly minor: number };
}

const NOTHING: Entry = { mode: 0 };

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
  parts.push(...record("TRAILER!!!", 0, NOTHING));
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
  { mode, data = new Uint8Array(), device }: Entry,
): Uint8Array[] {
  const name = new TextEncoder().encode(path + "\0");
  const fields = [
    inode,
    mode,
    0, // uid
    0, // gid
    1, // links, which do not matter for a directory
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

/** Names and contents end at a multiple of four bytes. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - length % 4) % 4);
}
