/**
 * The terminal: a screen of its own that is taken away in the end, whatever ends
 * the program, and keys.
 *
 * @module
 */
import { end, Made } from "../program/clean_up.ts";
import { put } from "../program/output.ts";
import { type Line, lineWidth, printed } from "./text.ts";

/** The alternate screen, without a cursor; what is too long is not wrapped. */
const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/** What is between these is shown at once, by terminals that know them. */
const BEGIN_UPDATE = "\x1b[?2026h", END_UPDATE = "\x1b[?2026l";
const ERASE_REST_OF_LINE = "\x1b[K", ERASE_ALL = "\x1b[2J";

/** A key, or what was typed. */
export type Key =
  | "up"
  | "down"
  | "page up"
  | "page down"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | { readonly character: string };

/** The size of a terminal that does not tell it. */
const USUAL_SIZE = { columns: 80, rows: 24 };

/** How large the terminal is. */
export function terminalSize(): typeof USUAL_SIZE {
  try {
    const { columns, rows } = Deno.consoleSize();
    return columns > 0 && rows > 0 ? { columns, rows } : USUAL_SIZE;
  } catch {
    return USUAL_SIZE;
  }
}

/** The person's terminal, from now until this is disposed of. */
export class Screen implements AsyncDisposable {
  readonly #made: Made;
  readonly #colours = !Deno.noColor;
  readonly #ascii: boolean;
  readonly #keys: boolean;
  #shown: readonly string[] = [];

  /**
   * @param redraw is called when what was shown is there no more
   * @param ascii whether to show no other characters
   */
  constructor(redraw: () => void, ascii: boolean) {
    this.#ascii = ascii;
    this.#keys = Deno.stdin.isTerminal();
    let entered = false;
    this.#made = new Made(() => {
      if (!entered) return;
      this.#setRaw(false);
      // put() writes nothing any more when the program is ending.
      try {
        Deno.stdout.writeSync(new TextEncoder().encode(LEAVE));
      } catch {
        // The terminal has gone.
      }
    });
    entered = true;
    this.#enter();
    // Somebody has stopped the program and lets it go on: the shell has been here.
    Deno.addSignalListener("SIGCONT", () => {
      this.#enter();
      redraw();
    });
    Deno.addSignalListener("SIGWINCH", () => {
      this.#clear();
      redraw();
    });
    Deno.addSignalListener("SIGQUIT", () => void end(131));
  }

  /** Shows these lines, of which only those are written that have changed. */
  show(lines: readonly Line[], width: number): void {
    const next = lines.map((line) => printed(line, this.#colours, this.#ascii));
    const count = Math.max(next.length, this.#shown.length);
    let changes = "";
    // At the end of a full line the cursor is on its last character.
    const full = lines.map((line) => lineWidth(line) >= width);
    for (let i = 0; i < count; i++) {
      const line = next[i] ?? "";
      if (line === this.#shown[i]) continue;
      changes += `\x1b[${i + 1};1H${line}${full[i] ? "" : ERASE_REST_OF_LINE}`;
    }
    this.#shown = next;
    if (changes !== "") {
      put(Deno.stdout, BEGIN_UPDATE + changes + END_UPDATE);
    }
  }

  /** Keys as they are pressed, as long as the terminal is there. */
  async *keys(): AsyncGenerator<Key> {
    if (!this.#keys) return;
    const buffer = new Uint8Array(256);
    const text = new TextDecoder();
    for (;;) {
      let count: number | null;
      try {
        count = await Deno.stdin.read(buffer);
      } catch {
        return;
      }
      if (count === null) return;
      yield* keysOf(text.decode(buffer.subarray(0, count), { stream: true }));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#made[Symbol.asyncDispose]();
  }

  #enter(): void {
    this.#setRaw(true);
    put(Deno.stdout, ENTER);
    this.#clear();
  }

  /** Forgets what is there: the terminal may have another size now. */
  #clear(): void {
    this.#shown = [];
    put(Deno.stdout, ERASE_ALL);
  }

  #setRaw(raw: boolean): void {
    if (!this.#keys) return;
    try {
      Deno.stdin.setRaw(raw);
    } catch {
      // The terminal has gone.
    }
  }
}

/** What the sequences of terminals mean: xterm's, in both modes of the cursor keys, and the Linux console's. */
const SEQUENCES: Readonly<Record<string, Key>> = {
  "[A": "up",
  "OA": "up",
  "[B": "down",
  "OB": "down",
  "[5~": "page up",
  "[6~": "page down",
  "[H": "home",
  "OH": "home",
  "[1~": "home",
  "[7~": "home",
  "[F": "end",
  "OF": "end",
  "[4~": "end",
  "[8~": "end",
};

/** The keys of what the terminal has sent at once. */
export function keysOf(text: string): Key[] {
  const keys: Key[] = [];
  // deno-lint-ignore no-control-regex
  const pattern = /\x1b(\[[0-9;?]*[ -/]*[@-~]|O[@-~])|[^]/gu;
  for (const [character, sequence] of text.matchAll(pattern)) {
    if (sequence !== undefined) {
      const key = SEQUENCES[sequence];
      if (key !== undefined) keys.push(key);
    } else if (character === "\x1b") keys.push("escape");
    else if (character === "\r" || character === "\n") keys.push("enter");
    else if (character === "\x7f" || character === "\b") keys.push("escape");
    else keys.push({ character });
  }
  return keys;
}
