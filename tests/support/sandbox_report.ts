/**
 * What `--print-sandbox` prints, taken apart.
 *
 * @module
 */

/** The properties, in the order of the report. */
export const NAMES = [
  "root",
  "mount",
  "threads' root",
  "ids",
  "capabilities",
  "other threads",
  "groups",
  "namespaces",
  "descriptors",
  "dumps, ptrace",
  "limits",
  "Deno",
  "no_new_privs",
  "seccomp",
];

/** One line. */
export interface Row {
  readonly state: string;
  readonly name: string;
  readonly text: string;
}

/** The lines of a report among other output. */
export function rows(output: string): Row[] {
  return [...output.matchAll(/^(ok {2}|WEAK) {2}(.{14}) (.+)$/gm)].map((
    [, state = "", name = "", text = ""],
  ) => ({ state: state.trim(), name: name.trim(), text }));
}

/** The lines about what is weaker than it can be. */
export const weaknesses = (output: string): Row[] =>
  rows(output).filter(({ state }) => state !== "ok");

/** The line about one property. */
export const row = (output: string, name: string): Row | undefined =>
  rows(output).find((row) => row.name === name);
