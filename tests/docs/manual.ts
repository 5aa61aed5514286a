/**
 * The manual pages, taken apart.
 *
 * @module
 */
import { ROOT } from "./commands.ts";

/** The two programs that have one. */
export type Program = "virtfs-proxy-helper" | "virtfs-vhost-helper";

/** Where it is, from the root of the sources. */
export const manualOf = (program: Program): string => `man/${program}.1`;

/** Its lines, as they are in the file. */
export function source(program: Program): string[] {
  return Deno.readTextFileSync(`${ROOT}/${manualOf(program)}`).trimEnd()
    .split("\n");
}

/** Without the escapes of roff. */
export function plain(text: string): string {
  return text.replaceAll("\\-", "-").replaceAll("\\e", "\\")
    .replaceAll("\\&", "").replaceAll("\\(aq", "'");
}

/** The lines of each section, by its heading. */
export function sections(program: Program): Map<string, string[]> {
  return split(source(program), /^\.Sh (.*)/);
}

/** The lines of each subsection of some lines, by its heading. */
export function subsections(lines: readonly string[]): Map<string, string[]> {
  return split(lines, /^\.Ss (.*)/);
}

function split(
  lines: readonly string[],
  heading: RegExp,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of lines) {
    const name = heading.exec(line)?.[1];
    if (name !== undefined) found.set(name, current = []);
    else current.push(line);
  }
  return found;
}

/** An entry of a list of options. */
export interface Entry {
  /** As in `-p DIR, --path DIR`, `--posix-acl[=MODE]`. */
  readonly head: string;
  readonly text: readonly string[];
}

/** The entries of a list of options, by the lines that it is in. */
export function entries(lines: readonly string[]): Entry[] {
  const found: { head: string; text: string[] }[] = [];
  for (const line of lines) {
    const item = /^\.It (.*)/.exec(line)?.[1];
    if (item !== undefined) {
      const head = plain(item).replace(/ Ns Op = Ns Ar (\S+)/, "[=$1]")
        .replace(/ Ns = Ns Ar (\S+)/, "=$1")
        .replaceAll("Fl ", "-").replaceAll("Ar ", "").replaceAll(" ,", ",");
      found.push({ head, text: [] });
    } else found.at(-1)?.text.push(line);
  }
  return found;
}

/** The literal displays: examples, as the reader sees them. */
export function displays(program: Program = "virtfs-proxy-helper"): string[] {
  return [
    ...source(program).join("\n")
      .matchAll(/^\.Bd -literal.*\n([^]*?)\n\.Ed$/gm),
  ].map(([, text]) => text!);
}
