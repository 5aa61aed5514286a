/**
 * The generated files. A test compares them with those in the tree.
 *
 * @module
 */
import { OPTIONS } from "../../src/cli/options.ts";
import {
  isLongOption,
  OPTIONS as VHOST_OPTIONS,
} from "../../src/vhost_user_fs/cli/options.ts";
import { bashCompletion } from "./bash.ts";
import { fishCompletion } from "./fish.ts";
import { type Completed, optionsOf } from "./table.ts";
import { SHARES, TOP } from "./tools.ts";
import { zshCompletion } from "./zsh.ts";

/** Where the files are. */
export const DIRECTORY = "completions";

/** The programs that are completed. */
export const PROGRAMS: readonly Completed[] = [
  { program: "virtfs-proxy-helper", options: optionsOf(OPTIONS) },
  {
    program: "virtfs-vhost-helper",
    options: optionsOf(VHOST_OPTIONS, isLongOption),
  },
  SHARES,
  TOP,
];

/** Contents by name. */
export const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  PROGRAMS.flatMap((completed) => [
    [`${completed.program}.bash`, bashCompletion(completed)],
    [`_${completed.program}`, zshCompletion(completed)],
    [`${completed.program}.fish`, fishCompletion(completed)],
  ]),
);
