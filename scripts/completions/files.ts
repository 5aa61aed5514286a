/**
 * The generated files. A test compares them with those in the tree.
 *
 * @module
 */
import { OPTIONS } from "../../src/cli/options.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { PROGRAM } from "./table.ts";
import { zshCompletion } from "./zsh.ts";

/** Where the files are. */
export const DIRECTORY = "completions";

/** Contents by name. */
export const FILES: Readonly<Record<string, string>> = {
  [`${PROGRAM}.bash`]: bashCompletion(OPTIONS),
  [`_${PROGRAM}`]: zshCompletion(OPTIONS),
  [`${PROGRAM}.fish`]: fishCompletion(OPTIONS),
};
