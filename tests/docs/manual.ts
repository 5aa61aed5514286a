/**
 * The manual page, taken apart.
 *
 * @module
 */
import { ROOT } from "./commands.ts";

/** Where it is, from the root of the sources. */
export const MANUAL = "man/virtfs-proxy-helper.1";

/** Its lines, as they are in the file. */
export function source(): string[] {
  return Deno.readTextFileSync(`${ROOT}/${MANUAL}`).trimEnd().split("\n");
}

/** Without the escapes of roff. */
export function plain(text: string): string {
  return text.replaceAll("\\-", "-").replaceAll("\\e", "\\")
    .replaceAll("\\&", "");
}

/** The lines of each section, by its heading. */
export function sections(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of source()) {
    const heading = /^\.Sh (.*)/.exec(line)?.[1];
    if (heading !== undefined) found.set(heading, current = []);
    else current.push(line);
  }
  return found;
}

/** An entry of the section OPTIONS. */
export interface Entry {
  /** As in `-p DIR, --path DIR`. */
  readonly head: string;
  readonly text: readonly string[];
}

/** The entries of OPTIONS. */
export function entries(): Entry[] {
  const found: { head: string; text: string[] }[] = [];
  for (const line of sections().get("OPTIONS") ?? []) {
    const item = /^\.It (.*)/.exec(line)?.[1];
    if (item !== undefined) {
      const head = plain(item).replaceAll("Fl ", "-").replaceAll("Ar ", "")
        .replaceAll(" ,", ",");
      found.push({ head, text: [] });
    } else found.at(-1)?.text.push(line);
  }
  return found;
}

/** The literal displays: examples, as the reader sees them. */
export function displays(): string[] {
  return [...source().join("\n").matchAll(/^\.Bd -literal.*\n([^]*?)\n\.Ed$/gm)]
    .map(([, text]) => text!);
}
