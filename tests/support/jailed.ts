/**
 * Runs what is in tests/fixtures in a jail.
 *
 * @module
 */
import { denoCommand } from "./helpers.ts";
import { run } from "./programs.ts";
import { workspace } from "./workspace.ts";

/** How it ended, and what it printed. */
export interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

interface JailedOptions {
  /** Grants besides the helper's own. */
  readonly grants?: readonly string[];
  /** Put before the program. */
  readonly wrapper?: readonly string[];
  /** Where to run it, if it is to be looked at afterwards. */
  readonly directory?: string;
}

/** Runs `fixture`, a file of tests/fixtures, with an export and `args`. */
export async function runJailed(
  fixture: string,
  args: readonly string[],
  { grants = [], wrapper = [], directory }: JailedOptions = {},
): Promise<Outcome> {
  using place = workspace();
  const path = new URL(`../fixtures/${fixture}`, import.meta.url).pathname;
  const { code, signal, stdout, stderr } = await run(
    [
      ...wrapper,
      ...denoCommand(grants, path),
      directory ?? place.path,
      ...args,
    ],
    { env: { DENO_NO_UPDATE_CHECK: "1" } },
  );
  const lines = stdout.split("\n").slice(0, -1);
  return { code, signal, lines, errors: stderr };
}
