/**
 * Lets a guest work on a share that this helper serves, and on one that QEMU's
 * own serves, several times in turns, and compares what the helpers needed.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { openLibc } from "../ffi/libc.ts";
import { Clock } from "./bench/clock.ts";
import { type PhaseTime, runGuest } from "./bench/guest.ts";
import { compareGuests, guestTable } from "./bench/guest_table.ts";
import { count } from "./bench/options.ts";
import { LOAD_SYMBOLS } from "./bench/symbols.ts";
import { findParts, type Parts } from "./guest/programs.ts";

const USAGE = `Usage: deno task bench:guest [OPTION]...

  --runs N          guests on each helper, in turns (3)
  --files N         files that they work on (2000)
  --args ARGUMENTS  more arguments for this helper, separated by spaces
  --json FILE       write the results to FILE, which is in /var/tmp; with -
                    to stdout, and all else to stderr
  --help            show this and exit`;

const LAUNCHER = new URL("virtfs-proxy-helper", import.meta.url).pathname;
/** Debian's, from qemu-system-common 7.2. */
const ORIGINAL = "/usr/lib/qemu/virtfs-proxy-helper";
/** A helper does not outlive who started it, either; and the set of grants runs this one. */
const START = ["setpriv", "--pdeathsig", "KILL"] as const;
const NAMES = ["ours", "theirs"] as const;
type Command = readonly [string, ...string[]];

Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parse(args);
    if (options === undefined) return 0;
    if (Deno.uid() !== 0) {
      return fail("Cannot measure: both helpers need root's rights");
    }
    const { parts, packages } = findParts();
    if (parts === undefined) {
      return fail(
        `Cannot boot a guest: parts of one are missing. On Debian, install them with\n` +
          `  apt-get install ${packages.join(" ")}`,
      );
    }
    await bench(parts, options);
    return 0;
  } catch (error) {
    if (error instanceof TypeError) return fail(`${error.message}\n\n${USAGE}`);
    return fail(error instanceof Error ? error.message : String(error));
  }
}

async function bench(parts: Parts, options: GuestBenchOptions): Promise<void> {
  const say = options.json === "-" ? console.error : console.log;
  say(
    "QEMU emulates the guest's CPU (TCG): wall time is mostly the guest's own.",
  );
  const libc = openLibc(LOAD_SYMBOLS);
  const clock = new Clock(libc);
  const helpers: Command[] = [
    [...START, LAUNCHER, ...options.args],
    [...START, ORIGINAL],
  ];
  const runs: PhaseTime[][][] = helpers.map(() => []);
  for (let run = 0; run < options.runs; run++) {
    for (let turn = 0; turn < helpers.length; turn++) {
      const at = (run + turn) % helpers.length;
      const directory = Deno.makeTempDirSync({
        dir: "/var/tmp",
        prefix: "virtfs-bench-",
      });
      try {
        const helper = helpers[at]!, { files } = options;
        const times = await runGuest(clock, {
          parts,
          helper,
          directory,
          files,
        });
        runs[at]!.push(times);
        say(`${NAMES[at]}: ${told(times)}`);
      } finally {
        Deno.removeSync(directory, { recursive: true });
      }
    }
  }
  libc.close();
  const results = compareGuests(runs[0]!, runs[1]!);
  say(`\n${guestTable(results)}`);
  const json = JSON.stringify(results, undefined, 2);
  if (options.json === "-") console.log(json);
  else if (options.json !== undefined) {
    Deno.writeTextFileSync(options.json, json + "\n");
  }
}

interface GuestBenchOptions {
  readonly runs: number;
  readonly files: number;
  readonly args: readonly string[];
  readonly json: string | undefined;
}

/** The command line; undefined is a wish for help, which is granted. */
function parse(args: readonly string[]): GuestBenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: "string", default: "3" },
      files: { type: "string", default: "2000" },
      args: { type: "string", default: "" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return undefined;
  }
  return {
    runs: count("runs", values.runs),
    files: count("files", values.files),
    args: values.args.split(" ").filter((part) => part !== ""),
    json: values.json,
  };
}

function told(times: readonly PhaseTime[]): string {
  return times.map(({ phase, wall, cpu }) =>
    `${phase} ${wall.toFixed(1)} s, CPU ${cpu.toFixed(2)} s`
  ).join("; ");
}

function fail(message: string): number {
  console.error(message);
  return 1;
}
