/**
 * Whether the sequences have asked for anything worth asking.
 *
 * @module
 */
import { ok } from "node:assert/strict";
import { REQUEST_NAMES } from "../../src/proxy/wire/protocol.ts";
import type { Difference } from "./differences.ts";
import type { Outcome } from "./play.ts";

/** Fewer requests than this need not have met everything. */
const ENOUGH = 5000;

/** What was played, in one line, and each intended difference in one of its own. */
export function summary(outcomes: readonly Outcome[]): string {
  const answers = merged(outcomes.map(({ answers }) => answers));
  const differences = merged(outcomes.map(({ intended }) => intended));
  return [
    `${played(answers)} requests in ${outcomes.length} sequences, ` +
    `${answers.size} kinds of answers, no difference that was not intended`,
    ...[...differences].map(([{ what, reason }, count]) =>
      `  ${count} × ${what}: ${reason}`
    ),
  ].join("\n");
}

/** Asserts that each request has succeeded and has failed in more ways than one. */
export function assertCovered(outcomes: readonly Outcome[]): void {
  const answers = merged(outcomes.map(({ answers }) => answers));
  if (played(answers) < ENOUGH) return;
  for (const name of REQUEST_NAMES) {
    const seen = [...answers.keys()].filter((key) => key.startsWith(`${name} `))
      .map((key) => key.slice(name.length + 1));
    const done = seen.filter((answer) => SUCCESS.test(answer));
    ok(done.length > 0, `${name} has never been carried out`);
    ok(
      seen.length - done.length > 1,
      `${name} has had no errors but ${seen.join()}`,
    );
  }
}

const SUCCESS = /^(done|data|a descriptor|length \d+)$/;

function played(answers: ReadonlyMap<string, number>): number {
  return [...answers.values()].reduce((sum, count) => sum + count, 0);
}

function merged<K extends string | Difference>(
  maps: readonly ReadonlyMap<K, number>[],
): Map<K, number> {
  const all = new Map<K, number>();
  for (const map of maps) {
    for (const [key, count] of map) all.set(key, (all.get(key) ?? 0) + count);
  }
  return all;
}
