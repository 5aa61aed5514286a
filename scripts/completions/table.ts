/**
 * What the completions for all shells have in common.
 *
 * @module
 */
import type { Option } from "../../src/cli/options.ts";

/** Options by their long names. */
export type Table = Readonly<Record<string, Option>>;

/** The command that is completed. */
export const PROGRAM = "virtfs-proxy-helper";

/** For the head of every file. */
export const GENERATED =
  "Generated from the option table by `deno task generate`.";

/** An option as it is typed: `-p`, `--path`. */
export function spellings(name: string, { short }: Option): string[] {
  return [...short === undefined ? [] : [`-${short}`], `--${name}`];
}
