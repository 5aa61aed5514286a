/**
 * Answers in words.
 *
 * @module
 */
import { errnoName } from "../../ffi/errno.ts";

/** What was answered: `ok`, or the errno's name. */
export function said({ errno }: { readonly errno: number }): string {
  return errno === 0 ? "ok" : errnoName(errno);
}
