/**
 * Copies of the checkout, in which something is made.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { copyCheckout } from "../support/isolated_program.ts";
import { type ProgramOptions, run } from "../support/programs.ts";
import { workspace } from "../support/workspace.ts";

/** A copy of the checkout in a directory of its own, which others may enter. */
export function copy(name: string): { readonly path: string } & Disposable {
  const { path, [Symbol.dispose]: dispose } = workspace();
  Deno.chmodSync(path, 0o755);
  copyCheckout(`${path}/${name}`);
  return { path: `${path}/${name}`, [Symbol.dispose]: dispose };
}

/** Runs a command that has to end well. Returns what it has printed to stdout. */
export async function succeed(
  command: readonly string[],
  options: ProgramOptions = {},
): Promise<string> {
  const { code, stdout, output } = await run(command, options);
  equal(code, 0, `${command.join(" ")}\n${output}`);
  return stdout;
}

/** Runs make in a copy of the checkout. */
export function make(
  directory: string,
  ...args: readonly string[]
): Promise<string> {
  return succeed(
    ["make", "--silent", `DENO=${Deno.execPath()}`, ...args],
    { cwd: directory },
  );
}

/** All that is below a directory, by names that begin with `/`, sorted. */
export function below(directory: string): string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) => [
    `/${name}`,
    ...isDirectory
      ? below(`${directory}/${name}`).map((path) => `/${name}${path}`)
      : [],
  ]).sort();
}
