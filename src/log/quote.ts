/**
 * Makes bytes and text from guests and callers safe to print, and lists short.
 *
 * @module
 */

/** Control characters (C0 and C1), and Unicode's line and paragraph separators. */
const UNSAFE = /[\p{Cc}\u2028\u2029]/gu;

/** Escapes what could begin a second line or control a terminal. */
export function oneLine(text: string): string {
  return text.replace(
    UNSAFE,
    (character) =>
      `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const SHORT_ESCAPES: Readonly<Record<number, string>> = {
  0x09: "\\t",
  0x0a: "\\n",
  0x0d: "\\r",
  0x22: '\\"',
  0x5c: "\\\\",
};

/** How many bytes of a string are quoted. */
const MAX_QUOTED = 256;

/** Bytes as a C string literal, as strace(1) prints them; a long one is cut. */
export function quoteBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, MAX_QUOTED)) {
    text += SHORT_ESCAPES[byte] ??
      (byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`);
  }
  return `"${text}"${bytes.length > MAX_QUOTED ? "..." : ""}`;
}

/** How many items of a list are named. */
const MAX_LISTED = 10;

/** `a, b, c`; of a longer list the first ten, and how many more there are. */
export function shortList(items: readonly string[]): string {
  const more = items.length - MAX_LISTED;
  const named = items.slice(0, MAX_LISTED).join(", ");
  return more > 0 ? `${named}, and ${more} more` : named;
}
