/**
 * What the export is called in the log and in messages.
 *
 * @module
 */
import type { ProcDirectory } from "../../ffi/proc.ts";

/** An export by its names. */
export interface ExportName {
  /** Absolute, for people; bytes that are not UTF-8 are written as `\xff`. */
  readonly name: string;
  /** For libc: the same, or what was given where that can't be told in UTF-8. */
  readonly path: string;
}

/**
 * The names of the directory that was given as `path`. The launcher passes "."
 * for one whose own name Deno can't be given, and enters it before.
 *
 * To be called while /proc is there and the working directory is the caller's.
 */
export function exportName(
  proc: Pick<ProcDirectory, "readLinkBytes">,
  path: string,
): ExportName {
  const bytes = path.startsWith("/") ? undefined : proc.readLinkBytes("cwd");
  if (bytes === undefined) return { name: path, path };
  const here = printablePath(bytes);
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const name = [here.text === "/" ? "" : here.text, ...parts].join("/") || "/";
  return { name, path: here.exact ? name : path };
}

/** A path as text, and whether that is all there is to it: whether it is UTF-8. */
export function printablePath(
  bytes: Uint8Array,
): { readonly text: string; readonly exact: boolean } {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes), exact: true };
  } catch {
    const text = Array.from(
      bytes,
      (byte) =>
        byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`,
    ).join("");
    return { text, exact: false };
  }
}
