/**
 * The comparison, for a document and for a terminal.
 *
 * @module
 */
import { paint, WIDTH, wrap } from "../program/output.ts";

/** What is known of one server, in the order of the properties. */
export interface Described {
  readonly title: string;
  /** In Markdown: what is weaker than elsewhere is in `**bold**`. */
  readonly cells: readonly string[];
}

/** A table in Markdown. */
export function markdown(
  properties: readonly string[],
  servers: readonly Described[],
): string {
  return [
    `| | ${servers.map(({ title }) => title).join(" | ")} |`,
    `|---|${servers.map(() => "---|").join("")}`,
    ...properties.map((name, at) =>
      `| ${name} | ${servers.map(({ cells }) => cells[at]).join(" | ")} |`
    ),
  ].join("\n");
}

/**
 * A paragraph for each property, with a line for each server, or one for all
 * where they do not differ. `!` marks what is weak.
 */
export function paragraphs(
  properties: readonly string[],
  servers: readonly Described[],
): string {
  const width = Math.max(...servers.map(({ title }) => title.length));
  const lines = properties.flatMap((name, at) => {
    const cells = servers.map(({ cells }) => cells[at]!);
    const [first = ""] = cells;
    const title = paint("bold", name.replaceAll("`", ""));
    if (cells.length > 1 && cells.every((cell) => cell === first)) {
      return [title, ...line("all", width, first)];
    }
    return [
      title,
      ...servers.flatMap(({ title }, at) =>
        line(servers.length > 1 ? title : "", width, cells[at]!)
      ),
    ];
  });
  return `${lines.join("\n")}\n\n! weaker than in one of the others`;
}

/** `! original         main: the seven; others: all` */
function line(title: string, width: number, cell: string): string[] {
  const mark = cell.includes("**") ? "!" : " ";
  const head = title === "" ? `${mark} ` : `${mark} ${title.padEnd(width)}  `;
  return wrap(cell.replaceAll("**", ""), WIDTH - head.length)
    .map((text, at) => {
      const whole = (at === 0 ? head : " ".repeat(head.length)) + text;
      return mark === "!" ? paint("yellow", whole) : whole;
    });
}
