/**
 * Text for a terminal: what strangers have chosen is made harmless, and counted
 * in the columns that it takes.
 *
 * @module
 */

/** Colours and the like of a piece of text. */
export type Style = "plain" | "bold" | "dim" | "red" | "yellow" | "bar" | "row";

/** A piece of a line. It has no control characters. */
export interface Piece {
  readonly text: string;
  readonly style: Style;
}

export type Line = readonly Piece[];

/** A piece of text of this program's own. */
export const piece = (text: string, style: Style = "plain"): Piece => ({
  text,
  style,
});

/**
 * What is not shown as it is: controls; what changes the direction of a text,
 * joins characters or is not seen (Cf, variation selectors, fillers of Hangul);
 * blanks other than the space; halves of surrogate pairs, private and unassigned
 * characters.
 */
const HIDDEN =
  /[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f]|(?! )\p{Zs}/gu;
/** More marks above a character than any script puts there. */
const MANY_MARKS = /(?<=\p{M}{3})\p{M}+|^\p{M}+/gu;

/**
 * A text of others, so that it may be printed: one line, and nothing that a
 * terminal obeys.
 */
export function shown(text: string): string {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0)!;
    return code === 10
      ? "\\n"
      : code === 9
      ? "\\t"
      : code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u{${code.toString(16)}}`;
  }).replace(MANY_MARKS, "");
}

/** East Asian wide and fullwidth characters, and pictures (Unicode's EastAsianWidth.txt, in coarse ranges). */
const WIDE =
  /[\u1100-\u115e\u231a\u231b\u2329\u232a\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1aff0}-\u{1b2ff}\u{1f004}\u{1f0cf}\u{1f18e}\u{1f191}-\u{1f19a}\u{1f200}-\u{1f320}\u{1f32d}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** How many columns a text takes that was made by {@linkcode shown}. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

function columnsOf(character: string): number {
  if (character < "\x7f") return 1;
  return /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
}

/** `text` in exactly `width` columns; of a longer one the beginning is shown. */
export function fit(
  text: string,
  width: number,
  align: "left" | "right" = "left",
): string {
  const cut = widthOf(text) > width ? `${first(text, width - 1)}…` : text;
  const blanks = " ".repeat(Math.max(0, width - widthOf(cut)));
  return width <= 0 ? "" : align === "left" ? cut + blanks : blanks + cut;
}

/** The same; of a longer one the end is shown, in which paths differ. */
export function fitEnd(text: string, width: number): string {
  if (width <= 0 || widthOf(text) <= width) return fit(text, width);
  const characters = [...text];
  let taken = 0, from = characters.length;
  while (taken + columnsOf(characters[from - 1]!) <= width - 1) {
    taken += columnsOf(characters[--from]!);
  }
  // A mark belongs to the character before it, which is cut.
  while (from < characters.length && columnsOf(characters[from]!) === 0) from++;
  return fit(`…${characters.slice(from).join("")}`, width);
}

/** As much of the beginning as fits. */
function first(text: string, width: number): string {
  let taken = 0, cut = "";
  for (const character of text) {
    taken += columnsOf(character);
    if (taken > width) break;
    cut += character;
  }
  return cut;
}

/** How many columns a line takes. */
export function lineWidth(line: Line): number {
  return line.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** What of a line fits in so many columns. */
export function cutLine(line: Line, width: number): Line {
  const cut: Piece[] = [];
  let left = width;
  for (const { text, style } of line) {
    const part = first(text, left);
    if (part !== "") cut.push({ text: part, style });
    left -= widthOf(text);
    if (left <= 0) break;
  }
  return cut;
}

const CODES: Readonly<Record<Style, string>> = {
  plain: "",
  bold: "1",
  dim: "2",
  red: "31",
  yellow: "33",
  bar: "36",
  row: "7",
};

/** A line as a terminal gets it, or, without colours, as a file does. */
export function printed(line: Line, colours: boolean, ascii: boolean): string {
  return line.map(({ text, style }) => {
    const content = ascii ? inAscii(text) : text;
    return colours && style !== "plain"
      ? `\x1b[${CODES[style]}m${content}\x1b[0m`
      : content;
  }).join("");
}

const IN_ASCII: Readonly<Record<string, string | undefined>> = {
  "…": "~",
  "–": "-",
  "µ": "u",
  "↑": "^",
  "↓": "v",
};

/** In as many columns. */
function inAscii(text: string): string {
  return text.replaceAll(
    /[^ -~]/gu,
    (character) => IN_ASCII[character] ?? "?".repeat(columnsOf(character)),
  );
}
