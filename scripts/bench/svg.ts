/**
 * Results as a picture: how long each request takes in relation to the
 * reference, which is the line at 1.
 *
 * @module
 */
import { pauseName } from "./report.ts";
import type { KindResult, MixResult } from "./results.ts";
import type { Spread } from "./statistics.ts";

/** What is drawn. */
export interface Picture {
  readonly title: string;
  /** Of the helpers, the reference last. */
  readonly names: readonly string[];
  readonly mix: readonly MixResult[];
  readonly kinds: readonly KindResult[];
}

interface Row {
  readonly label: string;
  readonly ratios: readonly Spread[];
}

const WIDTH = 860, LEFT = 190, RIGHT = 60, TOP = 64;
const BAR = 9, GAP = 7, HEADING = 30;
/** What is longer is cut, and its number says so. */
const LARGEST = 1.5;
const TICKS = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5];
const COLOURS = ["#1f6feb", "#8fb8f6", "#57a773", "#d98e04"];

/** Draws `picture` as an SVG document. */
export function svg({ title, names, mix, kinds }: Picture): string {
  const groups: readonly { title: string; rows: readonly Row[] }[] = [
    {
      title: "What guests ask, by the pause between two requests",
      rows: mix.map(({ pause, entries }) => ({
        label: pauseName(pause),
        ratios: entries.slice(0, -1).map((entry) => entry.roundTripRatio),
      })),
    },
    {
      title: "Each request, back to back",
      rows: kinds.map(({ kind, entries }) => ({
        label: kind,
        ratios: entries.slice(0, -1).map(({ ratio }) => ratio),
      })),
    },
  ].filter(({ rows }) => rows.length > 0);
  const parts: string[] = [];
  let y = TOP;
  for (const group of groups) {
    parts.push(text(LEFT, y + 18, group.title, 'font-weight="bold"'));
    y += HEADING;
    for (const row of group.rows) {
      parts.push(...bars(row, y));
      y += row.ratios.length * BAR + GAP;
    }
  }
  const height = y + 34;
  const axis = TICKS.flatMap((tick) => [
    line(x(tick), TOP, x(tick), y, tick === 1 ? "#222" : "#ddd"),
    text(x(tick), y + 16, tick.toFixed(2), 'text-anchor="middle" fill="#555"'),
  ]);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
    `viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/>`,
    text(16, 24, title, 'font-size="15" font-weight="bold"'),
    ...legend(names),
    ...axis,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function legend(names: readonly string[]): string[] {
  return names.slice(0, -1).flatMap((name, at) => [
    `<rect x="${16 + at * 150}" y="38" width="12" height="12" fill="${
      colour(at)
    }"/>`,
    text(34 + at * 150, 48, `${name} ÷ ${names.at(-1)}`),
  ]);
}

/** A bar for each helper, the middle half of its rounds, and its number. */
function bars({ label, ratios }: Row, y: number): string[] {
  const middle = y + ratios.length * BAR / 2 + 4;
  return [
    text(LEFT - 10, middle, label, 'text-anchor="end"'),
    ...ratios.flatMap(({ median, low, high }, at) => {
      const top = y + at * BAR;
      const centre = top + BAR / 2 - 0.5;
      const end = x(Math.min(median, LARGEST));
      return [
        `<rect x="${LEFT}" y="${top}" width="${(end - LEFT).toFixed(1)}" ` +
        `height="${BAR - 1}" fill="${colour(at)}"/>`,
        line(
          x(Math.min(low, LARGEST)),
          centre,
          x(Math.min(high, LARGEST)),
          centre,
          "#222",
        ),
        text(
          WIDTH - RIGHT + 10,
          top + BAR - 1,
          median.toFixed(2),
          'font-size="10"',
        ),
      ];
    }),
  ];
}

function colour(at: number): string {
  return COLOURS[at % COLOURS.length]!;
}

function x(ratio: number): number {
  return LEFT + ratio / LARGEST * (WIDTH - LEFT - RIGHT);
}

function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  stroke: string,
): string {
  const at = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line x1="${at[0]}" y1="${at[1]}" x2="${at[2]}" y2="${
    at[3]
  }" stroke="${stroke}"/>`;
}

function text(
  x: number,
  y: number,
  content: string,
  attributes = "",
): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${
    attributes && " " + attributes
  }>${escape(content)}</text>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
