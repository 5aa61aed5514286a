/**
 * Which view is open, what keys do to it, and what is on the screen then.
 *
 * @module
 */
import { detailBody, detailHead } from "./detail.ts";
import type { Frame } from "./frame.ts";
import { nothingYet, troubleLines } from "./notes.ts";
import { legend, overviewHead, overviewRow } from "./overview.ts";
import { isLost, type Row, rowsOf, type Sort, SORTS } from "./rows.ts";
import type { Key } from "./screen.ts";
import { cutLine, type Line, piece } from "./text.ts";
import type { Watch } from "./watch.ts";

/** What a person sees: all shares, or one. */
export class Pages {
  readonly #watch: Watch;
  #sort: Sort;
  /** The path of the file that is open; undefined for all. */
  #open: string | undefined;
  /** The path of the file whose line is chosen; undefined as long as nobody has. */
  #chosen: string | undefined;
  /** The first line of what can be scrolled. */
  #offset = 0;
  /** Digits of a number that may go on. */
  #typed = "";
  #rows: Row[] = [];
  /** How many lines can be scrolled, and how many are seen. */
  #lines = 0;
  #seen = 1;

  constructor(watch: Watch, sort: Sort, open?: string) {
    this.#watch = watch;
    this.#sort = sort;
    this.#open = open;
  }

  /** The lines of a screen. */
  screen(frame: Frame, height: number): Line[] {
    this.#rows = rowsOf(this.#watch.entries, frame.now, this.#sort);
    const row = this.#rows.find(({ entry }) => entry.path === this.#open);
    if (row === undefined) this.#open = undefined;
    const head = row === undefined ? this.#head(frame) : detailHead(row, frame);
    const body = row === undefined ? this.#list(frame) : detailBody(row, frame);
    const below = row === undefined ? legend(this.#rows) : [];
    // A blank line, and what keys do.
    const room = Math.max(1, height - head.length - below.length - 2);
    this.#lines = body.length;
    this.#seen = room;
    this.#scroll(row === undefined);
    const seen = body.slice(this.#offset, this.#offset + room);
    while (seen.length < room) seen.push([]);
    return [...head, ...seen, ...below, [], this.#keys(row)]
      .slice(0, height).map((line) => cutLine(line, frame.width));
  }

  /** Whether it is known of all what happens, as of `now` in ms since 1970. */
  isKnown(now: number): boolean {
    return rowsOf(this.#watch.entries, now, this.#sort)
      .every((row) => isLost(row) || row.rates !== undefined);
  }

  /** All there is, without keys. */
  plain(frame: Frame): Line[] {
    this.#rows = rowsOf(this.#watch.entries, frame.now, this.#sort);
    const row = this.#rows.find(({ entry }) => entry.path === this.#open);
    return row !== undefined
      ? [...detailHead(row, frame), ...detailBody(row, frame)]
      : [
        ...this.#head(frame),
        ...this.#list(frame, false),
        ...legend(this.#rows),
      ];
  }

  /** Does what a key says; returns whether to end. */
  press(key: Key): boolean {
    const character = typeof key === "object" ? key.character : "";
    const typed = this.#typed;
    this.#typed = "";
    if (character === "q" || character === "\x03" || character === "\x04") {
      return true;
    }
    if (/^[0-9]$/.test(character)) this.#number(typed + character);
    else if (key === "enter") this.#enter(typed);
    else if (key === "escape") this.#back();
    else if (character === "s") this.#nextSort();
    else this.#move(key, character);
    return false;
  }

  #head(frame: Frame): Line[] {
    return [
      ...overviewHead(this.#rows, this.#watch.places, this.#sort, frame),
      ...troubleLines(this.#watch.troubles, frame.width),
    ];
  }

  #list(frame: Frame, choosable = true): Line[] {
    const rows = this.#rows;
    if (rows.length === 0) {
      return nothingYet(this.#watch.places, frame.width);
    }
    const most = rows.reduce(
      (most, { rates }) => Math.max(most, rates?.requests ?? 0),
      0,
    );
    return rows.map((row, i) => {
      const line = overviewRow(row, i + 1, most, frame);
      return choosable && row.entry.path === this.#chosen
        ? line.map(({ text }) => piece(text, "row"))
        : line;
    });
  }

  /** Moves what is seen to where the chosen line is, or not beyond the end. */
  #scroll(list: boolean): void {
    const chosen = this.#index;
    if (list && chosen >= 0) {
      this.#offset = Math.min(this.#offset, chosen);
      this.#offset = Math.max(this.#offset, chosen - this.#seen + 1);
    }
    const last = Math.max(0, this.#lines - this.#seen);
    this.#offset = Math.max(0, Math.min(this.#offset, last));
  }

  get #index(): number {
    return this.#rows.findIndex(({ entry }) => entry.path === this.#chosen);
  }

  #number(text: string): void {
    if (this.#open !== undefined) return;
    const number = Number(text);
    if (number < 1 || number > this.#rows.length) return;
    // 1 may become 12.
    if (number * 10 <= this.#rows.length) this.#typed = text;
    else this.#show(this.#rows[number - 1]);
    this.#chosen = this.#rows[number - 1]!.entry.path;
  }

  #enter(typed: string): void {
    if (this.#open !== undefined) return;
    const index = typed === "" ? Math.max(0, this.#index) : Number(typed) - 1;
    this.#show(this.#rows[index]);
  }

  #show(row: Row | undefined): void {
    if (row === undefined) return;
    this.#open = this.#chosen = row.entry.path;
    this.#offset = 0;
  }

  #back(): void {
    // First out of the share, then out of the choice.
    if (this.#open === undefined) this.#chosen = undefined;
    this.#open = undefined;
    this.#offset = 0;
  }

  #nextSort(): void {
    const next = SORTS.indexOf(this.#sort) + 1;
    this.#sort = SORTS[next % SORTS.length]!;
  }

  #move(key: Key, character: string): void {
    const by = key === "up" || character === "k"
      ? -1
      : key === "down" || character === "j"
      ? 1
      : key === "page up"
      ? -this.#seen
      : key === "page down" || character === " "
      ? this.#seen
      : key === "home"
      ? -Infinity
      : key === "end"
      ? Infinity
      : 0;
    if (by === 0) return;
    const within = (value: number, last: number) =>
      Math.max(0, Math.min(value, last));
    if (this.#open !== undefined) {
      this.#offset = within(this.#offset + by, this.#lines);
      return;
    }
    const from = this.#index < 0 && by > 0 ? -1 : Math.max(0, this.#index);
    const to = within(from + by, this.#rows.length - 1);
    this.#chosen = this.#rows[to]?.entry.path;
  }

  #keys(row: Row | undefined): Line {
    const more = this.#lines > this.#seen
      ? ` ${this.#offset + 1}–${
        Math.min(this.#lines, this.#offset + this.#seen)
      } of ${this.#lines} `
      : " ";
    const text = row !== undefined
      ? `q quit   Esc all shares   ↑ ↓${more}`
      : this.#typed !== ""
      ? `Enter opens ${this.#typed}, or type on`
      : `q quit   ↑ ↓${more}  Enter or number: open   s sort: ${this.#sort}`;
    return [piece(text, "dim")];
  }
}
