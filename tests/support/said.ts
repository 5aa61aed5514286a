/**
 * Answers in words.
 *
 * @module
 */
import { match } from "node:assert/strict";
import { errnoName } from "../../ffi/errno.ts";

/** What a line of the log in the foreground begins with, once the helper serves: the time in UTC, and the program. */
const HEAD = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z virtfs-proxy-helper: /;

/** `info: Serving …`: a line of the log without its head, which it has to have. */
export function logged(line: string): string {
  match(line, HEAD);
  return line.replace(HEAD, "");
}

/** What was answered: `ok`, or the errno's name. */
export function said({ errno }: { readonly errno: number }): string {
  return errno === 0 ? "ok" : errnoName(errno);
}
