/**
 * Programs of this checkout, run to their end.
 *
 * @module
 */
import { ROOT } from "./isolated_program.ts";
import { type Outcome, run } from "./programs.ts";

/** Runs a command in the root of the checkout, outside of CI unless `env` says otherwise. */
export function runHere(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return run(command, {
    cwd: ROOT,
    env: { CI: "", HELPER_TEST_NO_SKIP: "", ...env },
  });
}

/** The command that runs a script of this checkout as its task does. */
export function tool(script: string, ...args: readonly string[]): string[] {
  return [
    ...[Deno.execPath(), "run", "-q", "--no-prompt", "-P=tools"],
    ...[`scripts/${script}`, ...args],
  ];
}
