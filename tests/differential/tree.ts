/**
 * A directory with all that is in it, as something that can be compared.
 *
 * @module
 */
import {
  AT_FDCWD,
  O_DIRECTORY,
  O_NOFOLLOW,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
} from "../../ffi/constants.ts";
import type { Host } from "../support/host.ts";
import type { Clock } from "./clock.ts";
import { outcome } from "./facts.ts";

/** One name, in words: what is the same in two trees reads the same. */
export type Line = string;

/**
 * Every name below `root`, and `root` itself, in order. Inode numbers are
 * replaced by the first name that an inode was found under.
 */
export function readTree(
  host: Host,
  root: string,
  clock: Clock,
): Line[] {
  const firstNames = new Map<bigint, string>();
  const lines: Line[] = [];

  function visit(name: string): void {
    const path = Uint8Array.from(
      latin1(new TextEncoder().encode(root)) + name,
      (character) => character.charCodeAt(0),
    );
    const inode = host.lstat(path);
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
    for (const [attribute, value] of host.attributes(path)) {
      line.push(
        `${attribute}=${
          typeof value === "number" ? outcome(value) : value.toHex()
        }`,
      );
    }
    if (first !== undefined) line.push(`the same as ${first}`);
    else {
      firstNames.set(inode.ino, name);
      if (type === S_IFLNK) line.push(`-> ${latin1(host.readlink(path))}`);
      if (type === S_IFREG) line.push(`holds ${content(host, path)}`);
    }
    lines.push(line.join(" "));
    if (type === S_IFDIR) {
      for (const entry of names(host, path)) visit(`${name}/${entry}`);
    }
  }

  visit("");
  return lines;
}

/** The start of a file, which is all of it as far as the sequences go. */
function content(host: Host, path: Uint8Array<ArrayBuffer>): string {
  const fd = host.openAt(AT_FDCWD, path, O_NOFOLLOW);
  const bytes = host.read(fd, 65536);
  host.close(fd);
  if (typeof bytes === "number") return `nothing readable: ${bytes}`;
  // Truncation leaves zeros by the thousand.
  return bytes.toHex().replaceAll(
    /(00){20,}/g,
    (zeros) => `(${zeros.length / 2} zeros)`,
  );
}

/** What is in a directory, sorted. */
function names(host: Host, path: Uint8Array<ArrayBuffer>): string[] {
  const fd = host.openAt(AT_FDCWD, path, O_DIRECTORY | O_NOFOLLOW);
  const found = host.entries(fd);
  host.close(fd);
  if (typeof found === "number") throw new Error(`Cannot list: ${found}`);
  return found.map(({ name }) => latin1(name))
    .filter((name) => name !== "." && name !== "..").sort();
}

/** Bytes as a string, a character a byte: names need not be text. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
