/**
 * The command line of `deno task bench`.
 *
 * @module
 */
import { parse, UsageError } from "../program/main.ts";

export const USAGE = `Usage: deno task bench [WHAT]... [OPTION]...

Measures the helpers against those whose place they take, all of them alive and
asked in turns. Of virtfs-proxy-helper, against QEMU's own:

  mix       what guests ask, back to back and with pauses
  requests  every kind of request, back to back
  start     from the start to the first answer
  memory    resident memory after the start and after a long load

Without WHAT: mix and requests. Of virtfs-vhost-helper, against virtiofsd 1.13
of Debian 13, which is fetched (by itself, as other servers are measured):

  vhost     operations with their CPU, start, memory, and CPU of a minute in
            which nothing is asked

Of both, against both and against QEMU 7.2's virtiofsd:

  shares    1, 10 and 100 helpers at once: memory of each, and how long it takes
            until all serve; the compiled programs, too, if dist/ has them

  --quick            fewer rounds: a look, not a result
  --rounds N         rounds of each measurement
  --requests N       requests of one helper in a round
  --pauses LIST      pauses of the mix in microseconds (10,50,200,1000)
  --only LIST        kinds of request, by the start of their names:
                     LSTAT,CREATE; then nothing else of vhost; of shares,
                     kinds of helpers: 9p,virtiofs
  --ours PROGRAM     what is measured (the launcher in scripts/, which has to
                     run what "deno task bundle" has made of the sources)
  --args=ARGUMENTS   more arguments for it, separated by spaces
  --also=ARGUMENTS   measure it with these arguments, too; may be repeated
  --against PROGRAM  what it is compared with
  --cpus LIST        where requests are measured: client and helpers on
                     one CPU, on two, or on any, as the kernel likes
                     (one,two,any)
  --load N           requests of memory's load (1000000)
  -h, --help         show this and exit

On a machine that is not quiet, put nice -n -10 in front.`;

/** What can be measured. */
const TOPICS = [
  "mix",
  "requests",
  "start",
  "memory",
  "vhost",
  "shares",
] as const;
export type Topic = typeof TOPICS[number];

/** Where client and helpers run: on the same CPU, on one each, or where the kernel puts them. */
const PLACEMENTS = ["one", "two", "any"] as const;
export type Placement = typeof PLACEMENTS[number];

export interface BenchOptions {
  readonly topics: ReadonlySet<Topic>;
  readonly quick: boolean;
  readonly rounds: number | undefined;
  readonly requests: number | undefined;
  readonly pauses: readonly number[];
  readonly only: readonly string[];
  readonly ours: string | undefined;
  readonly args: readonly string[];
  readonly also: readonly (readonly string[])[];
  readonly against: string | undefined;
  readonly placements: readonly Placement[];
  readonly load: number;
}

/**
 * Parses the command line.
 *
 * @throws {UsageError} for what is not in {@linkcode USAGE}
 */
export function parseOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parse({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      requests: { type: "string" },
      pauses: { type: "string", default: "10,50,200,1000" },
      only: { type: "string", default: "" },
      ours: { type: "string" },
      args: { type: "string", default: "" },
      also: { type: "string", multiple: true, default: [] },
      against: { type: "string" },
      cpus: { type: "string", default: PLACEMENTS.join(",") },
      load: { type: "string", default: "1000000" },
    },
  });
  const topics = positionals.map((name) => oneOf("measure", TOPICS, name));
  const alone = topics.find((name) => name === "vhost" || name === "shares");
  if (alone !== undefined && topics.length > 1) {
    throw new UsageError(`Cannot measure ${alone} together with other things`);
  }
  return {
    topics: new Set<Topic>(topics.length > 0 ? topics : ["mix", "requests"]),
    quick: values.quick,
    rounds: values.rounds ? count("rounds", values.rounds) : undefined,
    requests: values.requests ? count("requests", values.requests) : undefined,
    pauses: list(values.pauses, ",").map((text) => count("pauses", text)),
    only: list(values.only, ","),
    ours: values.ours,
    args: list(values.args, " "),
    also: values.also.map((text) => list(text, " ")),
    against: values.against,
    placements: list(values.cpus, ",").map((name) =>
      oneOf("place helpers on", PLACEMENTS, name)
    ),
    load: count("load", values.load),
  };
}

function oneOf<T extends string>(
  what: string,
  known: readonly T[],
  name: string,
): T {
  const found = known.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot ${what} "${name}": it is not one of ${known.join(", ")}`,
  );
}

/** A whole number from 1. */
function count(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new UsageError(
      `Cannot take "${text}" for --${option}: give whole numbers from 1`,
    );
  }
  return Number(text);
}

function list(text: string, separator: string): string[] {
  return text.split(separator).filter((part) => part !== "");
}
