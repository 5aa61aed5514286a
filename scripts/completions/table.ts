/**
 * What the completions for all shells have in common, and for all programs.
 *
 * @module
 */
import type { Option as ProxyOption } from "../../src/cli/options.ts";

/** What a shell completes a value with. */
export type Completes = NonNullable<ProxyOption["completes"]>;

/** An option, as the completions have to know it: the programs' tables fit. */
export interface Option {
  /** As in `-p`. */
  readonly short?: string;
  /** As in `--path`; undefined if there is the letter only. */
  readonly long?: string;
  /** How the help calls its value; undefined for a switch. */
  readonly value?: string;
  /** Whether the value can stand in the next argument, too; else it is behind `=`. */
  readonly separate: boolean;
  /** Whether the value may be left out. */
  readonly optional: boolean;
  /** Whether it may be given several times. */
  readonly repeatable: boolean;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
  readonly help: string;
}

/** How each shell completes words that are neither options nor their values. */
export interface Operands {
  /** Sets `candidates` to arguments of `compgen`. */
  readonly bash: string;
  /** Commands. */
  readonly fish: readonly string[];
  /** What comes before the call of `_arguments`, and its arguments. */
  readonly zsh: {
    readonly functions: string;
    readonly specs: readonly string[];
  };
}

/** A program, and its options in the order of its help. */
export interface Completed {
  readonly program: string;
  readonly options: readonly Option[];
  /** Undefined for a program that has no operands. */
  readonly operands?: Operands;
}

/** A row of a program's table. */
export interface Row {
  readonly short?: string;
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly completes?: Completes;
  readonly repeatable?: true;
  readonly bare?: string;
  readonly equals?: true;
  readonly help: string;
}

/** The options of a table; those for which `isLong` does not hold have no long name. */
export function optionsOf(
  table: Readonly<Record<string, Row>>,
  isLong: (name: string) => boolean = () => true,
): Option[] {
  return Object.entries(table).map(
    ([name, { bare, equals, repeatable, ...row }]) => ({
      ...row,
      ...isLong(name) ? { long: name } : {},
      separate: bare === undefined && equals === undefined,
      optional: bare !== undefined,
      repeatable: repeatable === true,
    }),
  );
}

/** For the head of every file. */
export const GENERATED =
  "Generated from the option table by `deno task generate`.";

/** An option as it is typed: `-p`, `--path`. */
export function spellings({ short, long }: Option): string[] {
  return [
    ...short === undefined ? [] : [`-${short}`],
    ...long === undefined ? [] : [`--${long}`],
  ];
}
