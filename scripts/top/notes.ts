/**
 * What to do where there is nothing to be shown.
 *
 * @module
 */
import { wrap } from "../program/output.ts";
import { type Line, piece, shown } from "./text.ts";
import { DEFAULT_DIRECTORY, type Trouble } from "./watch.ts";

/** What lets a helper write figures. */
const ADVICE =
  `A helper writes its figures where it is started with --metrics-file=FILE, ` +
  `with a name that ends in .prom; those of the systemd units are in ` +
  `${DEFAULT_DIRECTORY}.`;

/** A directory or file that can't be looked at, as a sentence. */
export function troubleText({ path, reason }: Trouble): string {
  return `Cannot look at ${shown(path)}: ${reason}`;
}

export function troubleLines(
  troubles: readonly Trouble[],
  width: number,
): Line[] {
  return troubles.flatMap((trouble) =>
    wrap(troubleText(trouble), width).map((line) => [piece(line, "red")])
  );
}

/** There are places, and no figures in them. */
export function nothingText(places: readonly string[], width: number): string {
  const names = places.map(shown).join(" or ");
  const text = `No helper has written figures to ${names}. ${ADVICE}`;
  return wrap(text, Math.min(width, 76)).join("\n");
}

export function nothingYet(places: readonly string[], width: number): Line[] {
  return nothingText(places, width).split("\n").map((line) => [piece(line)]);
}

/** Why there is nothing to be shown at all, and what to do. */
export function adviceText(troubles: readonly Trouble[]): string {
  return `${troubles.map(troubleText).join("\n")}\n${
    wrap(ADVICE, 76).join("\n")
  }`;
}
