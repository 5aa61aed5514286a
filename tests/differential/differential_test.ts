/**
 * Random requests, played on ours and on Debian's original.
 *
 * `REQUESTS=100000` plays more. A difference prints a seed: `SEED=1234/7` plays
 * that sequence again, alone.
 */
import { fail } from "node:assert/strict";
import { testsThatNeed } from "../support/requirements.ts";
import { assertCovered, summary } from "./coverage.ts";
import { generate, KINDS } from "./generator.ts";
import { type Outcome, type Parting, play } from "./play.ts";
import { Random } from "./random.ts";
import { describe, frameOf, type Step } from "./step.ts";

const test = testsThatNeed("root", "original");

/** Requests of one sequence: enough for a tree to grow, and starts few enough. */
const LENGTH = 500;

const total = Number(Deno.env.get("REQUESTS") || 10_000);
const { seed, only } = chosenSeed();

test("random requests have the original's answers and leave its trees", async () => {
  console.log(`SEED=${seed} REQUESTS=${total}`);
  const seeds = new Random(seed);
  const outcomes: Outcome[] = [];
  for (let index = 0; index * LENGTH < total; index++) {
    const random = new Random(seeds.seed());
    if (only !== undefined && only !== index) continue;
    const steps = generate(
      random,
      KINDS[index % KINDS.length]!,
      Math.min(LENGTH, total - index * LENGTH),
    );
    const outcome = await play(steps);
    if (outcome.parting) fail(report(outcome.parting, steps, index));
    outcomes.push(outcome);
  }
  console.log(summary(outcomes));
  if (only === undefined) assertCovered(outcomes);
});

/** `$SEED`, with the one sequence to be played behind a slash, or a new one. */
function chosenSeed(): { seed: number; only?: number } {
  const [seed, only] = (Deno.env.get("SEED") ?? "").split("/");
  return {
    seed: seed ? Number(seed) : crypto.getRandomValues(new Uint32Array(1))[0]!,
    ...only && { only: Number(only) },
  };
}

/** How many requests before the difference are shown. */
const HISTORY = 15;

function report(
  { index, step, ours, original }: Parting,
  steps: readonly Step[],
  sequence: number,
): string {
  return [
    `They part in sequence ${sequence}, ${
      step ? `at request ${index}` : "in their trees"
    }`,
    ...step
      ? [
        ...steps.slice(Math.max(0, index - HISTORY), index).map((before) =>
          `  before: ${describe(before)}`
        ),
        `request: ${describe(step)}`,
        `  frame: ${frameOf(step).toHex()}`,
      ]
      : [],
    `  ours:     ${ours}`,
    `  original: ${original}`,
    // Last, as what comes first of a long output may be cut off.
    `again: SEED=${seed}/${sequence} REQUESTS=${total}`,
  ].join("\n");
}
