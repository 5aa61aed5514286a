/**
 * Reads what `deno test` prints.
 *
 * @module
 */

/** The file in the runner's directory to which tests write what they lack, a line each. */
export const LACKING_FILE = "lacking";

/** How a run of the tests went. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** The names of the skipped tests. */
  readonly names: readonly string[];
}

/**
 * Reads the printed `output` of a run.
 *
 * A run that did not get as far as its closing line, as its modules could not
 * be loaded or it was ended, counts as one failure.
 */
export function report(output: string): Report {
  // deno-lint-ignore no-control-regex
  const lines = output.replaceAll(/\x1b\[[0-9;]*m/g, "").split(/\r?\n/);
  const closing = lines.findLast((line) =>
    /^(ok|FAILED) \| \d+ passed\b/.test(line)
  );
  return {
    passed: count(closing, "passed"),
    failed: closing === undefined ? 1 : count(closing, "failed"),
    skipped: count(closing, "ignored"),
    names: lines.flatMap((line) =>
      /^\s*(.*) \.\.\. ignored\b/.exec(line)?.[1] ?? []
    ),
  };
}

/** `3 ignored (1 step)` counts four: a step that was left out is one as well. */
function count(closing: string | undefined, what: string): number {
  const [, tests, steps] =
    new RegExp(`\\b(\\d+) ${what}(?: \\((\\d+) steps?\\))?`)
      .exec(closing ?? "") ?? [];
  return Number(tests ?? 0) + (what === "ignored" ? Number(steps ?? 0) : 0);
}
