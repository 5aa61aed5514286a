/**
 * The audit in words.
 *
 * @module
 */
import { WIDTH, wrap } from "../program/output.ts";
import type { Line, Verdict } from "./judge.ts";

/** A property as a line: `ok    helper     ffi     /lib/…`; on a terminal as several, none of them too long. */
export function tell({ verdict, set, permission, text }: Line): string {
  const head = `${verdict.padEnd(4)}  ${set.padEnd(10)} ${
    permission.padEnd(7)
  } `;
  return Deno.stdout.isTerminal()
    ? head + wrap(text, WIDTH - head.length).join("\n".padEnd(head.length + 1))
    : head + text;
}

/** The last line. */
export function summary(lines: readonly Line[]): string {
  const count = (verdict: Verdict) =>
    lines.filter((line) => line.verdict === verdict).length;
  return `${lines.length} properties: ${count("ok")} ok, ${
    count("WEAK")
  } weaker than could be, ${count("FAIL")} to be mended, ${
    count("open")
  } not judged here`;
}
