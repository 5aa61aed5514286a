/**
 * The command line of `deno task bench`.
 *
 * @module
 */
import { parse, UsageError } from "../program/main.ts";

export const USAGE = `Usage: deno task bench [WHAT]... [OPTION]...

Measures this helper against QEMU's own, all of them alive and asked in turns.

  mix       what guests ask, back to back and with pauses
  requests  every kind of request, back to back
  client    what the load client itself needs
  start     from the start to the first answer
  memory    resident memory after a long load
  idle      CPU while nobody asks
  figures   all of it, the guest of bench:guest as well, with and without
            polling, against the figures to be reached: about half an hour

Without WHAT: client, mix and requests.

  --quick            fewer rounds: a look, not a result
  --rounds N         rounds of each measurement
  --requests N       requests of one helper in a round
  --pauses LIST      pauses of the mix in microseconds (10,50,200,1000)
  --only LIST        kinds of request, by the start of their names: LSTAT,CREATE
  --ours PROGRAM     what is measured (scripts/virtfs-proxy-helper)
  --args ARGUMENTS   more arguments for it, separated by spaces
  --also ARGUMENTS   measure it with these arguments, too; may be repeated
  --against PROGRAM  what it is compared with (QEMU's own)
  --cpus same|apart  put client and helpers on one CPU, or on two of their own;
                     without it the kernel does as it likes, as with QEMU
  --load N           requests of memory's load (1000000)
  --seconds N        of idle (60)
  --json FILE        write the results to FILE, which is in /var/tmp
  --svg FILE         draw mix and requests, likewise; or performance.svg here
  --no-guest         leave the guest out of figures
  -h, --help         show this and exit

On a machine that is not quiet, put nice -n -10 in front.`;

/** What can be measured. */
export const TOPICS = [
  "client",
  "mix",
  "requests",
  "start",
  "memory",
  "idle",
  "figures",
] as const;
export type Topic = typeof TOPICS[number];
const DEFAULT_TOPICS: readonly Topic[] = ["client", "mix", "requests"];

/** Debian's, from qemu-system-common 7.2. */
export const ORIGINAL = "/usr/lib/qemu/virtfs-proxy-helper";

/** Where client and helpers run. */
export type Cpus = "same" | "apart";

export interface BenchOptions {
  readonly topics: ReadonlySet<Topic>;
  readonly quick: boolean;
  readonly rounds: number | undefined;
  readonly requests: number | undefined;
  readonly pauses: readonly number[];
  readonly only: readonly string[];
  readonly ours: string;
  readonly args: readonly string[];
  readonly also: readonly (readonly string[])[];
  readonly against: string;
  readonly cpus: Cpus | undefined;
  readonly load: number;
  readonly seconds: number;
  readonly json: string | undefined;
  readonly svg: string | undefined;
  readonly guest: boolean;
}

/**
 * Parses the command line; undefined is a wish for help.
 *
 * @param launcher our helper, where none is named
 * @throws {UsageError} for what is not in {@linkcode USAGE}
 */
export function parseOptions(
  args: readonly string[],
  launcher: string,
): BenchOptions | undefined {
  const { values, positionals } = parse({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      requests: { type: "string" },
      pauses: { type: "string", default: "10,50,200,1000" },
      only: { type: "string", default: "" },
      ours: { type: "string", default: launcher },
      args: { type: "string", default: "" },
      also: { type: "string", multiple: true, default: [] },
      against: { type: "string", default: ORIGINAL },
      cpus: { type: "string" },
      load: { type: "string", default: "1000000" },
      seconds: { type: "string", default: "60" },
      json: { type: "string" },
      svg: { type: "string" },
      "no-guest": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    topics: new Set(
      positionals.length > 0 ? positionals.map(topic) : DEFAULT_TOPICS,
    ),
    quick: values.quick,
    rounds: values.rounds ? count("rounds", values.rounds) : undefined,
    requests: values.requests ? count("requests", values.requests) : undefined,
    pauses: list(values.pauses, ",").map((text) => count("pauses", text)),
    only: list(values.only, ","),
    ours: values.ours,
    args: list(values.args, " "),
    also: values.also.map((text) => list(text, " ")),
    against: values.against,
    cpus: values.cpus ? cpus(values.cpus) : undefined,
    load: count("load", values.load),
    seconds: count("seconds", values.seconds),
    json: values.json,
    svg: values.svg,
    guest: !values["no-guest"],
  };
}

function topic(name: string): Topic {
  const found = TOPICS.find((topic) => topic === name);
  if (found === undefined) {
    throw new UsageError(
      `Cannot measure "${name}": it is not one of ${TOPICS.join(", ")}`,
    );
  }
  return found;
}

function cpus(text: string): Cpus {
  if (text === "same" || text === "apart") return text;
  throw new UsageError(`Cannot take "${text}" for --cpus: say same or apart`);
}

/**
 * A whole number from 1.
 *
 * @throws {UsageError} that names `option`
 */
export function count(option: string, text: string): number {
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
