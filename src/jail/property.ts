/**
 * One thing that holds of the sandbox, or holds only weakly.
 *
 * @module
 */

/** One property of the sandbox. */
export interface Property {
  readonly name: string;
  readonly text: string;
  /** Whether it is weaker than it can be; `text` says why then. */
  readonly weak: boolean;
}

/** A property as a line: `ok    seccomp        all 6 threads …`. */
export function formatProperty({ name, text, weak }: Property): string {
  return `${weak ? "WEAK" : "ok  "}  ${name.padEnd(14)} ${text}`;
}

/** The same within a sentence. */
export function summarizeProperty({ name, text, weak }: Property): string {
  return `${name}${weak ? " WEAK" : ""}: ${text}`;
}

/** The same by name, for a program to read. */
export function sandboxFields(
  properties: readonly Property[],
): {
  readonly sandbox: Readonly<Record<string, string>>;
  readonly weak: readonly string[];
} {
  return {
    sandbox: Object.fromEntries(
      properties.map(({ name, text }) => [name, text]),
    ),
    weak: properties.filter(({ weak }) => weak).map(({ name }) => name),
  };
}
