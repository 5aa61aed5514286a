/**
 * What both views have in common: where they are shown, and lines with something
 * at their right end.
 *
 * @module
 */
import type { Blocks } from "./bars.ts";
import { span } from "./numbers.ts";
import type { Row } from "./rows.ts";
import {
  cutLine,
  fit,
  type Line,
  lineWidth,
  piece,
  shown,
  type Style,
} from "./text.ts";

/** Where and when something is shown. */
export interface Frame {
  /** In columns. */
  readonly width: number;
  readonly blocks: Blocks;
  /** In ms since 1970. */
  readonly now: number;
}

/** `left`, cut where need be, and `right` at the end of the line. */
export function spread(left: Line, right: Line, width: number): Line {
  const room = width - lineWidth(right) - 2;
  if (room < 10) return cutLine(left, width);
  const cut = cutLine(left, room);
  const gap = width - lineWidth(cut) - lineWidth(right);
  return [...cut, piece(" ".repeat(gap)), ...right];
}

/** The time of day, as the person's clock has it. */
export function clock({ now }: Frame): Line {
  return [piece(new Date(now).toTimeString().slice(0, 8), "dim")];
}

/** What the helper does, or why that is not known, in a few words. */
export function stateOf(
  { entry: { fault, gone, track, dead }, rates }: Row,
  { now }: Frame,
): Line {
  const since = (time: number) => span((now - time) / 1000);
  if (gone !== undefined) {
    const text = `has ended ${since(gone)} ago: its file is there no more`;
    return [piece(text, "dim")];
  }
  if (fault !== undefined) return [piece(`can't be read: ${fault}`, "red")];
  const { start, serving } = track!.figures;
  if (!serving) {
    return [piece(`has ended ${since(track!.written)} ago`, "dim")];
  }
  if (dead) {
    const text = `was killed or has crashed; last write ${
      since(track!.written)
    } ago`;
    return [piece(text, "red")];
  }
  const parts: string[] = [];
  if (start !== undefined) parts.push(`up ${since(start * 1000)}`);
  const age = now - track!.written;
  if (rates?.requests === 0 && age >= 1000) {
    parts.push(`no request for ${since(track!.written)}`);
  }
  return [piece(parts.join(", "), "dim")];
}

/** Blanks, or text, of exactly a width. */
export function cell(
  text: string,
  width: number,
  style: Style = "plain",
  align: "left" | "right" = "right",
) {
  return piece(fit(text, width, align), style);
}

/** A path of the command line or of a directory, safe to print. */
export const path = shown;
