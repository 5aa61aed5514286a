/** What is shown: within the terminal, legible, and nothing that it would obey. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import fc from "fast-check";
import { ASCII, bar, heights, UNICODE } from "../../scripts/top/bars.ts";
import { readFigures } from "../../scripts/top/figures.ts";
import {
  bytes,
  count,
  duration,
  percent,
  span,
} from "../../scripts/top/numbers.ts";
import { Pages } from "../../scripts/top/pages.ts";
import { keysOf } from "../../scripts/top/screen.ts";
import {
  fit,
  fitEnd,
  lineWidth,
  printed,
  shown,
  widthOf,
} from "../../scripts/top/text.ts";
import { Track } from "../../scripts/top/track.ts";
import type { Entry, Watch } from "../../scripts/top/watch.ts";
import { escape, sample } from "./figures.ts";

/** An arbitrary time, in ms since 1970. */
const T = 1_795_700_000_000;
const FRAME = { width: 80, blocks: UNICODE, now: T };

/** Controls, what turns a line around or joins characters, and halves of pairs. */
const RAW = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Files as they are seen while helpers work, and one that can't be read. */
function watchOf(shares: readonly string[], edit = (text: string) => text) {
  const entries = shares.map((share, i): Entry => {
    const text = (factor: number) =>
      readFigures(edit(sample({ share, factor })))!;
    const track = new Track(text(1), T - 1_000);
    if (i < 8) track.update(text(1 + 1 / (i + 1)), T);
    track.note(T);
    return {
      path: `/m/${share}.prom`,
      track,
      fault: undefined,
      gone: undefined,
      dead: false,
    };
  });
  return {
    places: ["/m"],
    troubles: [],
    entries: entries.concat({
      path: "/m/bad.prom",
      track: undefined,
      fault: "it ends early",
      gone: undefined,
      dead: false,
    }),
  } as unknown as Watch;
}

/** A screen as text. */
const screen = (pages: Pages, frame = FRAME, height = 24) =>
  pages.screen(frame, height).map((line) => printed(line, false, false));

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(
    fc.constantFrom(
      ...[
        "\x1b[2J",
        "\x9b31m",
        "\u202e",
        "\u200d",
        "\u0301",
        "字",
        "é",
        "a",
        "\n",
      ],
      ...["👩‍👩‍👧", "\ufe0f", "\u2028", "\ud800", "\u115f", "\ufdfd", "\t", " "],
    ),
    { maxLength: 60 },
  ).map((parts) => parts.join("")),
);

Deno.test("Whatever a file calls its share, its requests or its errors, a terminal gets lines that fit, and nothing to obey", () => {
  fc.assert(
    fc.property(
      hostile,
      hostile,
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      (share, word, width, height, ascii) => {
        const edit = (text: string) =>
          text.replaceAll(
            /"(READ|ENOENT|namespaces|0\.2\.0)"/g,
            () => `"${escape(word)}"`,
          );
        const watch = watchOf([share, "/b"], edit);
        const frame = { width, blocks: ascii ? ASCII : UNICODE, now: T };
        for (const open of [undefined, watch.entries[0]!.path]) {
          const pages = new Pages(watch, "name", open);
          const lines = pages.screen(frame, height);
          equal(lines.length <= height, true);
          for (const line of [...lines, ...pages.plain(frame)]) {
            const text = printed(line, false, ascii);
            ok(!RAW.test(text), JSON.stringify(text));
            ok(!ascii || /^[ -~]*$/.test(text), text);
          }
          for (const line of lines) {
            ok(lineWidth(line) <= width, JSON.stringify(line));
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("A text of others is shown as it is, where that does no harm", () => {
  for (
    const text of ["/srv/share", "Bücher & 日本語 (2)", "नमस्ते", "файлы", "\\x"]
  ) {
    equal(shown(text), text);
  }
  equal(shown("a\x1b[31m\n\t\u202e\u00a0"), "a\\x1b[31m\\n\\t\\u{202e}\\xa0");
  equal(widthOf("日本語"), 6);
  equal(widthOf("नमस्ते".normalize("NFC")), 4);
});

Deno.test("A text is cut to the columns that there are", () => {
  fc.assert(fc.property(hostile, fc.nat(40), (text, width) => {
    equal(widthOf(fit(shown(text), width)), width);
    equal(widthOf(fitEnd(shown(text), width)), width);
  }));
  equal(fit("/srv/share", 6), "/srv/…");
  equal(fitEnd("/srv/share", 6), "…share");
  equal(fitEnd("日本語", 4), "…語 ");
});

Deno.test("Figures are short, with a unit, and not rounded to nothing", () => {
  deepEqual(
    [0, 0.01, 0.26, 1, 9.96, 99_999, 123_456, 1.5e6, 2 ** 63].map(count),
    [
      ...["0", "<0.1", "0.3", "1", "10", "99,999", "123k", "1.5M", "9.2E"],
    ],
  );
  deepEqual([0, 999, 1000, 65_536, 999_999, 7.4e9].map(bytes), [
    ...["0 B", "999 B", "1.0 kB", "66 kB", "1.0 MB", "7.4 GB"],
  ]);
  deepEqual([0, 8.5e-7, 4.352e-6, 0.9999999, 2.51, 119, 1e5].map(duration), [
    ...["0 ns", "850 ns", "4.4 µs", "1.0 s", "2.5 s", "119 s", "1 d 3 h"],
  ]);
  deepEqual([0, 0.001, 0.4, 1].map(percent), ["0 %", "<1 %", "40 %", "100 %"]);
  deepEqual([-1, 59.9, 60, 3600, 12_000, 1e6].map(span), [
    ...["0 s", "59 s", "1 min", "1 h", "3 h 20 min", "11 d 13 h"],
  ]);
  for (const format of [count, bytes, duration, percent]) {
    equal(format(undefined), "–");
  }
});

Deno.test("A bar is as long as its part, and what is more than nothing can be seen", () => {
  equal(bar(0, 4, UNICODE), "    ");
  equal(bar(1e-9, 4, UNICODE), "▏   ");
  equal(bar(0.5, 4, UNICODE), "██  ");
  equal(bar(7, 4, UNICODE), "████");
  equal(bar(0.5, 4, ASCII), "##  ");
  equal(bar(NaN, 4, UNICODE), "    ");
  equal(heights([9, 0, 1, 4, 8], 4, UNICODE), " ▁▄█");
  equal(heights([1], 3, UNICODE), "  █");
  equal(heights([], 3, UNICODE), "   ");
});

Deno.test("All shares of a host have a line each, the busiest first, and those of which nothing is known last", () => {
  const pages = new Pages(watchOf(["/idle", "/busy", "/a"]), "requests");
  const rows = screen(pages).filter((line) => /^[!x ] +\d/.test(line));
  deepEqual(rows.map((row) => row.slice(0, 14).trim()), [
    ...["!  1 /idle", "!  2 /busy", "!  3 /a", "x  4 bad.prom"],
  ]);
  match(rows[0]!, / 1\.5M █+ +524 µs 30,226 +7\.5 GB +410 MB$/);
  match(rows[3]!, / can't be read: it ends early$/);
  match(screen(pages)[1]!, /^4 shares {3}2\.8M requests\/s /);
});

Deno.test("Shares that are called the same are told apart by their files", () => {
  const watch = watchOf(["/same", "/same"]);
  const entries = watch.entries.map((entry, i) => ({
    ...entry,
    path: `/m/${i}.prom`,
  }));
  const pages = new Pages({ ...watch, places: [], entries } as never, "name");
  const text = screen(pages, { ...FRAME, width: 120 }).join("\n");
  match(text, /1 \/same \(0\.prom\)/);
  match(text, /2 \/same \(1\.prom\)/);
});

Deno.test("One share is shown with all its figures in 80 columns and 24 lines", () => {
  const watch = watchOf(["/srv/share"]);
  const text = screen(new Pages(watch, "name", watch.entries[0]!.path))
    .join("\n");
  for (
    const pattern of [
      /^\/srv\/share +virtfs-vhost-helper 0\.2\.0$/m,
      /^up 1 h 33 min/m,
      /^requests +1\.5M\/s +3\.1M .*█$/m,
      /^errors +30,226\/s +60,452 +ENOENT LOOKUP +30,210\/s +60,420$/m,
      /^read +7\.5 GB\/s +15 GB +ENOSPC WRITE +12\/s +24$/m,
      /^p50 +7\.2 µs +7\.2 µs/m,
      /^longest +2\.5 s/m,
      /^busy +100 % +1 % +█+ +inodes +1,790$/m,
      /^polling +100 % +1 % +█+ +descriptors +1,841$/m,
      /^jail +weaker than it can be: namespaces$/m,
      /^READ +910k +█+ +15 µs +12 µs +82 µs +12 ms$/m,
      /^GETATTR +340k +█+/m,
    ]
  ) match(text, pattern);
});

Deno.test("Keys choose a share, open it, go back and sort", () => {
  const shares = Array.from({ length: 30 }, (_, i) => `/s${i + 10}`);
  const pages = new Pages(watchOf(shares), "name");
  const press = (...keys: Parameters<Pages["press"]>) => {
    equal(pages.press(...keys), false);
    return screen(pages)[0]!;
  };
  const character = (character: string) => press({ character });
  match(screen(pages)[0]!, /^virtfs-top {2}\/m/);
  press("down");
  press("down");
  match(press("enter"), /^\/s11 /);
  match(press("escape"), /^virtfs-top/);
  // 4 can't go on; 1 can, to 1 or to 12.
  match(character("4"), /^\/s13 /);
  press("escape");
  match(character("1"), /^virtfs-top/);
  match(character("2"), /^\/s21 /);
  press("escape");
  character("2");
  match(press("enter"), /^\/s11 /);
  press("escape");
  // What is chosen is seen.
  press("end");
  match(screen(pages).join("\n"), /x 31 bad\.prom/);
  match(screen(pages).at(-1)!, /↑ ↓ 15–31 of 31 /);
  press("home");
  match(screen(pages).join("\n"), /! {2}1 \/s10/);
  match(screen(pages).at(-1)!, /s sort: name/);
  character("s");
  match(screen(pages).at(-1)!, /s sort: requests/);
  for (const end of ["q", "\x03", "\x04"]) {
    equal(pages.press({ character: end }), true);
  }
});

Deno.test("A share that has gone from the list is open no more", () => {
  const watch = watchOf(["/a", "/b"]);
  const pages = new Pages(watch, "name", watch.entries[0]!.path);
  match(screen(pages)[0]!, /^\/a /);
  watch.entries.shift();
  match(screen(pages)[0]!, /^virtfs-top/);
});

Deno.test("Keys are known by what terminals send", () => {
  deepEqual(keysOf("\x1b[A\x1bOBq\r\x1b[6~\x1b[1;5C\x1b"), [
    "up",
    "down",
    { character: "q" },
    "enter",
    "page down",
    "escape",
  ]);
});
