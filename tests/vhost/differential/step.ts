/**
 * Steps of a random sequence.
 *
 * @module
 */
import type { Random, Weighted } from "../../differential/random.ts";
import type { Side } from "./side.ts";

/** A request, to be played on both sides. */
export interface Step {
  readonly words: string;
  readonly play: (side: Side) => string;
}

/** Makes a step of its own choice. */
export type Maker = (random: Random) => Step;
export type Makers = readonly Weighted<Maker>[];

/** What a request is called, and how it is made: its choices in words, and what is played. */
export function step(
  what: string,
  make: (random: Random) => [string, (side: Side) => string],
): Maker {
  return (random) => {
    const [words, play] = make(random);
    return { words: `${what} ${words}`, play };
  };
}

export const MODES = [
  0o755,
  0o700,
  0o777,
  0o644,
  0o600,
  0o4755,
  0o2775,
  0o1777,
  0,
];
export const SIZES = [0, 1, 5, 4096, 5000, 100_000];
