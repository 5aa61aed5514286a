/**
 * The files that requests name.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { cString } from "../../ffi/memory.ts";
import type { LOAD_SYMBOLS } from "./symbols.ts";

/** Directories from the export's root, each within the one before. */
const DIRECTORIES = ["project", "src", "lib", "net", "ipv6", "tests"] as const;
/** How many parts the paths of files have: five on average, as in guests. */
const DEPTHS = [3, 4, 5, 6, 7] as const;
const FILES_IN_A_DIRECTORY = 12;

/** The guest's user that files are made for. */
export const USER = 1000;

/** Names in the export. Paths are as QEMU writes them: two slashes in front. */
export interface Tree {
  readonly directory: string;
  /** Regular files without xattrs, of all depths in turn. */
  readonly files: readonly string[];
  /** A regular file with the xattr `user.note`. */
  readonly noted: string;
  readonly symlink: string;
  /** Where new names are made: five parts with the name. */
  readonly place: string;
}

/**
 * Makes the tree in `directory`, which is empty.
 *
 * @throws {Error} on a file system without xattrs
 */
export function makeTree(
  libc: Libc<typeof LOAD_SYMBOLS>,
  directory: string,
): Tree {
  const folder = (parts: number) => DIRECTORIES.slice(0, parts).join("/");
  Deno.mkdirSync(`${directory}/${DIRECTORIES.join("/")}`, { recursive: true });
  const files: string[] = [];
  for (let n = 0; n < FILES_IN_A_DIRECTORY; n++) {
    for (const depth of DEPTHS) {
      const path = `${folder(depth - 1)}/file-${String(n).padStart(2, "0")}.c`;
      Deno.writeTextFileSync(`${directory}/${path}`, "int main(void);\n");
      Deno.chownSync(`${directory}/${path}`, USER, USER);
      files.push(`//${path}`);
    }
  }
  const place = `${folder(3)}/new`;
  Deno.mkdirSync(`${directory}/${place}`);
  Deno.chownSync(`${directory}/${place}`, USER, USER);
  const symlink = `${folder(4)}/link`;
  libc.symbols.symlink(
    cString("../file-00.c"),
    cString(`${directory}/${symlink}`),
  );
  const noted = `${folder(4)}/noted`;
  Deno.writeTextFileSync(`${directory}/${noted}`, "");
  const value = new TextEncoder().encode("sixteen bytes...");
  const set = libc.symbols.lsetxattr(
    cString(`${directory}/${noted}`),
    cString("user.note"),
    value,
    BigInt(value.length),
    0,
  );
  if (set !== 0) {
    throw new Error(
      `Cannot measure in ${directory}: its file system has no user xattrs`,
    );
  }
  return {
    directory,
    files,
    noted: `//${noted}`,
    symlink: `//${symlink}`,
    place: `//${place}`,
  };
}
