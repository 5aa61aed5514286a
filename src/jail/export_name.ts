/**
 * The name of the export, for messages and for system calls.
 *
 * @module
 */
import type { ProcDirectory } from "../../ffi/proc.ts";

interface ExportName {
  /** Absolute, for messages; bytes that are not UTF-8 are written as `\xff`. */
  readonly name: string;
  /** For system calls: the same, or as it was given if the absolute name is not UTF-8. */
  readonly path: string;
}

/**
 * The names of the directory that was given as `path`, relative to the caller's
 * working directory. For a directory whose name is not UTF-8, which can be no
 * argument of Deno's, the launcher changes to it and passes ".".
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

/** A path as text; `exact` if it is UTF-8, so that the text means the same path. */
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
