/**
 * The tests' own set. Loading all test modules asks the machine for everything
 * that they may need; a few tests ask for the rest.
 *
 * @module
 */
import { TEST_COMMAND } from "../test_command.ts";
import type { Ask, Evidence } from "./judge.ts";
import type { Yard } from "./yard.ts";

const NONE = "no test has this name";
/** Small, and between them they use what modules do not ask for when they are loaded. */
const FEW = ["tests/cli/launcher_test.ts", "tests/acceptance/mkdir_test.ts"];

/** Loads all modules and runs a few tests. */
export async function testLoad(yard: Yard): Promise<Record<string, Evidence>> {
  const asks: Ask[] = [];
  for (const chosen of [["--filter", NONE, "tests"], FEW]) {
    const outcome = await yard.run(make(yard, [], chosen), { names: ["test"] });
    asks.push(...outcome.asks.test ?? []);
  }
  return {
    test: {
      asks,
      needed: await testNeeds(yard),
      notTried:
        "only some tests were run: give the log of all of them by --log",
    },
  };
}

/** The log has no line for what is run. */
export function testNeeds(yard: Yard): Promise<string[]> {
  return yard.needs("test", ["*"], (flags) => make(yard, flags, [FEW[0]!]));
}

function make(
  yard: Yard,
  flags: readonly string[],
  chosen: readonly string[],
): string[] {
  return [yard.deno, ...TEST_COMMAND, "--no-check", ...flags, ...chosen];
}
