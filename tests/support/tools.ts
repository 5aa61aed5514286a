/**
 * Programs of this checkout, run to their end.
 *
 * @module
 */
import { ROOT } from "./stage.ts";

/** How a program has ended, and what it has printed. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in the root of the checkout, outside of CI unless `env` says otherwise. */
export async function run(
  [program = "", ...args]: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { CI: "", HELPER_TEST_NO_SKIP: "", ...env },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/** The command that runs a script of this checkout as its task does. */
export function tool(script: string, ...args: readonly string[]): string[] {
  return [
    ...[Deno.execPath(), "run", "-q", "--no-prompt", "-P=tools"],
    ...[`scripts/${script}`, ...args],
  ];
}
