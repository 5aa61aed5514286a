/**
 * The audit in words.
 *
 * @module
 */
import type { Line, Verdict } from "./judge.ts";

/** A property as a line: `ok    helper     ffi     /lib/…`. */
export function tell({ verdict, set, permission, text }: Line): string {
  return `${verdict.padEnd(4)}  ${set.padEnd(10)} ${
    permission.padEnd(7)
  } ${text}`;
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
