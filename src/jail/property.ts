/**
 * Properties of the sandbox, for the log and for `--print-sandbox`.
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

/** A property that is as strong as it can be. */
export const ok = (name: string, text: string): Property => ({
  name,
  text,
  weak: false,
});

/** A property that is weaker than it can be. */
export const weak = (name: string, text: string): Property => ({
  name,
  text,
  weak: true,
});

/** As a line of `--print-sandbox`: `ok    seccomp        all 6 threads …`. */
export function formatProperty({ name, text, weak }: Property): string {
  return `${weak ? "WEAK" : "ok  "}  ${name.padEnd(14)} ${text}`;
}

/** As a part of a line of the log. */
export function summarizeProperty({ name, text, weak }: Property): string {
  return `${name}${weak ? " WEAK" : ""}: ${text}`;
}

/** All properties as fields of a line of JSON. */
export function sandboxFields(properties: readonly Property[]) {
  return {
    sandbox: Object.fromEntries(
      properties.map(({ name, text }) => [name, text]),
    ),
    weak: properties.filter(({ weak }) => weak).map(({ name }) => name),
  };
}

/** What the checks that do not hold say. */
export function faultsOf(
  checks: readonly (readonly [holds: boolean, fault: string])[],
): string[] {
  return checks.filter(([holds]) => !holds).map(([, fault]) => fault);
}
