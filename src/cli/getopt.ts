/**
 * Parses options as getopt_long(3) does, which the original helper uses: joined
 * letters, values in the same or the next argument, abbreviated long names,
 * options after operands.
 *
 * Not parseArgs of `node:util`: it takes no abbreviations, and no values that
 * begin with a dash, and adds 8 ms to every start.
 *
 * @module
 */
import { suggestion } from "./nearest.ts";
import type { Option } from "./options.ts";
import { UsageError } from "../errors.ts";

/** Values by option name; true for a switch, all values of a repeatable option, else the last. */
type Values = Partial<Record<string, string | true | string[]>>;

type Table = Readonly<Record<string, Option>>;

/**
 * Parses `args`. Operands are ignored, as by the original helper.
 *
 * @throws {UsageError}
 */
export function getopt(args: readonly string[], table: Table): Values {
  const values: Values = {};
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") break;
    if (arg.startsWith("--")) takeLong(arg.slice(2), rest, table, values);
    else if (arg.startsWith("-") && arg !== "-") {
      takeLetters(arg.slice(1), rest, table, values);
    }
  }
  return values;
}

function takeLong(
  text: string,
  rest: string[],
  table: Table,
  values: Values,
): void {
  const at = text.indexOf("=");
  const given = at < 0 ? text : text.slice(0, at);
  const name = complete(given, table);
  const wantsValue = table[name]!.value !== undefined;
  if (at >= 0 && !wantsValue) {
    throw new UsageError(`Cannot use --${name} with a value: it takes none`);
  }
  if (!wantsValue) values[name] = true;
  else {
    const value = at >= 0 ? text.slice(at + 1) : next(`--${name}`, rest);
    const before = values[name] as string[] | undefined;
    values[name] = table[name]!.repeatable ? [...before ?? [], value] : value;
  }
}

/** The long name that `given` is, or abbreviates. */
function complete(given: string, table: Table): string {
  if (Object.hasOwn(table, given)) return given;
  const fitting = Object.keys(table).filter((name) => name.startsWith(given));
  // What the original helper takes as an abbreviation keeps its meaning.
  const originals = fitting.filter((name) => table[name]!.original);
  const [found, another] = originals.length > 0 ? originals : fitting;
  if (given === "" || found === undefined) {
    throw new UsageError(
      `Cannot use --${given}: there is no such option${
        suggestion(given, Object.keys(table), "--")
      }`,
    );
  }
  if (another !== undefined) {
    throw new UsageError(
      `Cannot use --${given}: it is short for ${
        fitting.map((name) => `--${name}`).join(" and ")
      }`,
    );
  }
  return found;
}

function takeLetters(
  letters: string,
  rest: string[],
  table: Table,
  values: Values,
): void {
  const characters = [...letters];
  for (const [at, letter] of characters.entries()) {
    // As for the original helper, -? is -h.
    const wanted = letter === "?" ? "h" : letter;
    const name = Object.keys(table).find((name) =>
      table[name]!.short === wanted
    );
    if (name === undefined) {
      throw new UsageError(`Cannot use -${letter}: there is no such option`);
    }
    if (table[name]!.value === undefined) {
      values[name] = true;
      continue;
    }
    const joined = characters.slice(at + 1).join("");
    values[name] = joined !== "" ? joined : next(`-${letter}`, rest);
    return;
  }
}

function next(option: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) {
    throw new UsageError(`Cannot use ${option}: its value is missing`);
  }
  return value;
}
