/**
 * Makes bytes and texts of strangers safe to print.
 *
 * @module
 */

/** Control characters, C1 included, and what Unicode takes for the end of a line. */
const UNSAFE = /[\p{Cc}\u2028\u2029]/gu;

/** Escapes whatever could forge a second line or steer a terminal. */
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

/** Bytes of a quoted string that are shown. */
const LONGEST = 256;

/** Bytes as a C string literal, the way strace(1) prints them: cut after 256. */
export function quoteBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, LONGEST)) {
    text += SHORT_ESCAPES[byte] ??
      (byte >= 0x20 && byte < 0x7f
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, "0")}`);
  }
  return `"${text}"${bytes.length > LONGEST ? "..." : ""}`;
}
