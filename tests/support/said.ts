/**
 * Answers in words.
 *
 * @module
 */
import { equal, match } from "node:assert/strict";
import { errnoName } from "../../ffi/errno.ts";
import type { Answer } from "../../src/proxy/client/client.ts";

/** What a line of the log in the foreground begins with, once the helper serves: the time in UTC, and the program. */
const HEAD = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z virtfs-proxy-helper: /;

/** `info: Serving …`: a line of the log without its head, which it has to have. */
export function logged(line: string): string {
  match(line, HEAD);
  return line.replace(HEAD, "");
}

/** What was answered: `done`, or the errno by name. */
export function outcome(answer: Answer<unknown>): string {
  return answer.errno === 0 ? "done" : errnoName(answer.errno);
}

/** The value of an answer that must be a success. */
export function done<T>(answer: Answer<T>, message?: string): T {
  equal(outcome(answer), "done", message);
  return answer.value as T;
}

/** Holds an answer against the errno that it must be. */
export function refused(
  answer: Answer<unknown>,
  errno: string,
  message?: string,
): void {
  equal(outcome(answer), errno, message);
}
