/**
 * Tables for a terminal.
 *
 * @module
 */
import { paint } from "./output.ts";

export interface Column {
  readonly title: string;
  readonly width: number;
  readonly align?: "right";
}

export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  return [heading(columns), ...rows.map((cells) => row(columns, cells))]
    .join("\n");
}

/** The titles, and a rule below them. */
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
