/**
 * A directory with all that is in it, as something that can be compared.
 *
 * @module
 */
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../ffi/constants.ts";
import type { Clock } from "./clock.ts";
import { outcome } from "./facts.ts";
import { ended, type Entry, latin1, type Observer } from "./observer.ts";

/** One name, in words: what is the same in two trees reads the same. */
export type Line = string;

/**
 * Every name below `root`, and `root` itself, in order. Inode numbers are
 * replaced by the first name that an inode was found under.
 */
export function readTree(
  observer: Observer,
  root: string,
  clock: Clock,
): Line[] {
  const firstNames = new Map<bigint, string>();
  const lines: Line[] = [];

  function visit(name: string): void {
    const path = ended(latin1(new TextEncoder().encode(root)) + name);
    const inode = observer.lstat(path);
    const type = inode.mode & S_IFMT;
    const first = firstNames.get(inode.ino);
    const line = [
      `${name || "/"}:`,
      `mode 0o${inode.mode.toString(8)}`,
      `owner ${inode.uid}:${inode.gid}`,
      `nlink ${inode.nlink}`,
      `rdev ${inode.rdev}`,
      `size ${inode.size}`,
      `atime ${clock.show(inode.atime)}`,
      `mtime ${clock.show(inode.mtime)}`,
    ];
    for (const [attribute, value] of observer.attributes(path)) {
      line.push(
        `${attribute}=${
          typeof value === "number" ? outcome(value) : value.toHex()
        }`,
      );
    }
    if (first !== undefined) line.push(`the same as ${first}`);
    else {
      firstNames.set(inode.ino, name);
      if (type === S_IFLNK) line.push(`-> ${latin1(observer.readlink(path))}`);
      if (type === S_IFREG) line.push(`holds ${content(observer, path)}`);
    }
    lines.push(line.join(" "));
    if (type === S_IFDIR) {
      for (const entry of entries(observer, path)) {
        visit(`${name}/${entry.name}`);
      }
    }
  }

  visit("");
  return lines;
}

/** The start of a file, which is all of it as far as the sequences go. */
function content(observer: Observer, path: Uint8Array<ArrayBuffer>): string {
  const fd = observer.open(path);
  try {
    const bytes = observer.read(fd, 65536);
    if (typeof bytes === "number") return `nothing readable: ${bytes}`;
    // Truncation leaves zeros by the thousand.
    return bytes.toHex().replaceAll(
      /(00){20,}/g,
      (zeros) => `(${zeros.length / 2} zeros)`,
    );
  } finally {
    observer.close(fd);
  }
}

function entries(
  observer: Observer,
  path: Uint8Array<ArrayBuffer>,
): Entry[] {
  const fd = observer.openDirectory(path);
  try {
    const found = observer.entries(fd);
    if (typeof found === "number") throw new Error(`Cannot list: ${found}`);
    return found.filter(({ name }) => name !== "." && name !== "..");
  } finally {
    observer.close(fd);
  }
}
