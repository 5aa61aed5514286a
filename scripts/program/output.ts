/**
 * What a program tells the person who has started it.
 *
 * `console.log()` would not do: where the reader of a pipe has gone, it reports
 * no error, and the program would go on.
 *
 * @module
 */
import { endByBrokenPipe, isEnding } from "./clean_up.ts";

/** How wide a table may be: the width of a terminal. */
export const WIDTH = 80;

/** Prints a line. */
export function say(line: string): void {
  put(Deno.stdout, `${line}\n`);
}

/** Prints a line to stderr. */
export function complain(line: string): void {
  put(Deno.stderr, `${line}\n`);
}

/** Writes all of `content`; a program that is ending writes nothing. */
export function put(
  to: typeof Deno.stdout | typeof Deno.stderr,
  content: string | Uint8Array,
): void {
  if (isEnding()) return;
  let rest = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  try {
    while (rest.length > 0) {
      const written = tryWrite(to, rest);
      if (written === 0) wait();
      rest = rest.subarray(written);
    }
  } catch {
    // EPIPE: the reader has gone. EIO: the terminal has. A full disk is no
    // reason to go on either, as nobody would see what comes.
    if (to === Deno.stdout) endByBrokenPipe();
  }
}

/** Another process may have made the pipe non-blocking: then it may be full. */
function tryWrite(
  to: typeof Deno.stdout | typeof Deno.stderr,
  bytes: Uint8Array,
): number {
  try {
    return to.writeSync(bytes);
  } catch (error) {
    if (error instanceof Deno.errors.WouldBlock) return 0;
    throw error;
  }
}

function wait(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

/** Whether to colour: on a terminal, unless `NO_COLOR` is set and not empty. */
const COLOURS: boolean = Deno.stdout.isTerminal() && !Deno.noColor;

/** Dims, brightens or colours `text`, where that is wanted. */
export function paint(
  style: "bold" | "dim" | "green" | "red" | "yellow",
  text: string,
): string {
  const code = { bold: 1, dim: 2, green: 32, red: 31, yellow: 33 }[style];
  return COLOURS ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/**
 * The words of `text` in lines of at most `width` characters; a word that is
 * longer has a line of its own.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) {
      lines.push(word);
    } else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** A command in several lines that a shell takes for one. */
export function wrapCommand(words: readonly string[]): string {
  return wrap(words.join(" "), WIDTH - 4).join(" \\\n    ");
}
