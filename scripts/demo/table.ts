/**
 * A table for a terminal, a row at a time.
 *
 * @module
 */

/** One column: how wide, and whether it is of numbers. */
export interface Column {
  readonly title: string;
  readonly width: number;
  readonly align?: "right";
}

const useColor = Deno.stdout.isTerminal();

/** Dims, brightens or colours `text` where the output is a terminal. */
export function paint(
  style: "bold" | "dim" | "green" | "red" | "yellow",
  text: string,
): string {
  const code = { bold: 1, dim: 2, green: 32, red: 31, yellow: 33 }[style];
  return useColor ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** The line above the rows. */
export function heading(columns: readonly Column[]): string {
  const titles = row(columns, columns.map(({ title }) => title));
  const rule = columns.map(({ width }) => "─".repeat(width)).join("──");
  return `${paint("bold", titles)}\n${paint("dim", rule)}`;
}

/** One row; a cell that does not fit is cut. */
export function row(
  columns: readonly Column[],
  cells: readonly string[],
): string {
  return columns.map(({ width, align }, index) => {
    const cell = cells[index] ?? "";
    const text = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
    return align === "right" ? text.padStart(width) : text.padEnd(width);
  }).join("  ");
}
