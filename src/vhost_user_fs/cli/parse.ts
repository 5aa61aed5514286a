/**
 * Reads the options as virtiofsd does, which has them read by Rust's clap: whole
 * names, `--name value` or `--name=value`, no operands, the last one counts.
 *
 * @module
 */
import { suggestion } from "../../cli/nearest.ts";
import { UsageError } from "../../errors.ts";
import { expandWords } from "./compat.ts";
import {
  type Given,
  isLongOption,
  LONG_OPTIONS,
  type Option,
  type OptionName,
  OPTIONS,
} from "./options.ts";

/** What was given, by name: a switch is true or false, one that may be repeated has all its values. */
export type Values = {
  readonly [Name in OptionName]?: (typeof OPTIONS)[Name] extends
    { readonly repeatable: true } ? readonly string[]
    : (typeof OPTIONS)[Name] extends { readonly value: string } ? string
    : boolean;
};

/**
 * Reads a command line. The words of `-o` count where they stand.
 *
 * @throws {UsageError}
 */
export function parseOptions(args: readonly string[]): Values {
  const values: Record<string, string | boolean | string[]> = {};
  const put = ([name, given]: Given): void => {
    if (name === "compat") expandWords(given as string).forEach(put);
    const { choices, repeatable, anyCase }: Option = OPTIONS[name];
    const value = anyCase ? (given as string).toLowerCase() : given;
    if (choices !== undefined) {
      checkChoice(name, value as string, choices);
    }
    values[name] = repeatable
      ? [...values[name] as string[] ?? [], value as string]
      : value;
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") {
      const operand = rest.shift();
      if (operand !== undefined) {
        throw new UsageError(
          `Cannot use ${operand} after --: only options are known, and they end there`,
        );
      }
    } else if (arg.startsWith("--")) put(takeLong(arg.slice(2), rest));
    else if (arg.startsWith("-") && arg !== "-") {
      takeLetters(arg.slice(1), rest).forEach(put);
    } else throw unexpected(arg);
  }
  return values;
}

function takeLong(text: string, rest: string[]): Given {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  if (!isLongOption(name)) {
    throw new UsageError(
      `Cannot use --${name}: there is no such option${
        suggestion(name, LONG_OPTIONS, "--")
      }`,
    );
  }
  const { value, bare, equals, negates }: Option = OPTIONS[name];
  if (value === undefined) {
    if (at >= 0) {
      throw new UsageError(`Cannot use --${name} with a value: it takes none`);
    }
    return negates === undefined
      ? [name, true]
      : [negates as OptionName, false];
  }
  if (at >= 0) return [name, text.slice(at + 1)];
  if (bare !== undefined) return [name, bare];
  if (equals) {
    throw new UsageError(
      `Cannot use --${name}: its value is missing; write --${name}=${value}`,
    );
  }
  return [name, next(`--${name}`, rest)];
}

/** Letters in a row; one that takes a value takes what follows it. */
function takeLetters(letters: string, rest: string[]): Given[] {
  const given: Given[] = [];
  const characters = [...letters];
  for (const [at, letter] of characters.entries()) {
    const [name, option] = Object.entries<Option>(OPTIONS).find(([, option]) =>
      option.short === letter
    ) ?? [];
    if (name === undefined || option === undefined) {
      throw new UsageError(`Cannot use -${letter}: there is no such option`);
    }
    if (option.value === undefined) {
      given.push([name as OptionName, true]);
      continue;
    }
    const joined = characters.slice(at + 1).join("").replace(/^=/, "");
    given.push([
      name as OptionName,
      joined !== "" ? joined : next(`-${letter}`, rest),
    ]);
    break;
  }
  return given;
}

function next(option: string, rest: string[]): string {
  const value = rest.shift();
  // An option in its place: the value was forgotten.
  if (value === undefined || /^--?[a-zA-Z]/.test(value)) {
    throw new UsageError(`Cannot use ${option}: its value is missing`);
  }
  return value;
}

function checkChoice(
  name: string,
  value: string,
  choices: readonly string[],
): void {
  if (choices.includes(value)) return;
  throw new UsageError(
    `Cannot use --${name} ${value}: not one of ${choices.join(", ")}${
      suggestion(value, choices)
    }`,
  );
}

const unexpected = (arg: string) =>
  new UsageError(`Cannot use ${arg}: only options are known`);
