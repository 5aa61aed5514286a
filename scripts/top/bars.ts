/**
 * Bars of blocks.
 *
 * @module
 */

/** The characters of bars. */
export interface Blocks {
  /** Eighths of a block, from one to all. */
  readonly across: readonly string[];
  /** Heights, from the lowest to the highest. */
  readonly up: readonly string[];
}

export const UNICODE: Blocks = {
  across: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
  up: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
};

/** For terminals that have no other characters. */
export const ASCII: Blocks = {
  across: ["#"],
  up: ["_", ".", "-", "=", "#"],
};

/** A bar for a part of 0 to 1 of `width` columns, with blanks behind it. What is more than nothing can be seen. */
export function bar(part: number, width: number, { across }: Blocks): string {
  if (width <= 0) return "";
  const steps = across.length;
  const filled = Math.min(
    width * steps,
    part > 0 ? Math.max(1, Math.round(part * width * steps)) : 0,
  );
  const full = Math.floor(filled / steps);
  const rest = filled % steps;
  return (across.at(-1)!.repeat(full) + (rest > 0 ? across[rest - 1] : ""))
    .padEnd(width);
}

/** A column for each of the last `width` values, the highest of which has full height; where there are fewer, they end on the right. */
export function heights(
  values: readonly number[],
  width: number,
  { up }: Blocks,
): string {
  const last = values.slice(-width);
  const highest = Math.max(0, ...last);
  return last.map((value) =>
    value > 0
      ? up[Math.max(0, Math.ceil(value / highest * up.length) - 1)]
      : " "
  ).join("").padStart(width);
}
