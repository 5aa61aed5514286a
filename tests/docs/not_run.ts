/**
 * Blocks of the documents that no test runs, and why.
 *
 * @module
 */
import type { Claim } from "./blocks.ts";

export interface Excuse extends Claim {
  readonly reason: string;
}

export const NOT_RUN: readonly Excuse[] = [
  {
    document: "PERFORMANCE.md",
    words: "deno task bench",
    reason:
      "it takes an hour; tests/runner/bench_test.ts runs a short one of each",
  },
];
